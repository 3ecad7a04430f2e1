"""Small flows for tests: tasks, plans and records without a text around them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.executions.task_runs import Failure, TaskRun, TaskStatus
from shared.flows.language.definition import FlowDefinition, TaskDefinition
from shared.flows.plans.compiler import compile_plan
from shared.flows.plans.plan import Plan

START = datetime(2026, 1, 1, tzinfo=UTC)


def task(name: str, **fields: Any) -> TaskDefinition:
    """A `core.set` task unless `type` says otherwise; field names as in YAML."""
    return TaskDefinition.model_validate({"name": name, "type": "core.set", **fields})


def plan_of(*tasks: TaskDefinition, **fields: Any) -> Plan:
    return compile_plan(FlowDefinition.model_validate({"name": "f", "tasks": tasks, **fields}))


def runs(statuses: Mapping[str, str]) -> dict[str, TaskRun]:
    """Settled task runs by name; `BLOCKED` is a skip caused by a failure; later ones end later."""
    return {
        name: TaskRun(
            task_name=name,
            task_type="core.set",
            status=TaskStatus.SKIPPED if status == "BLOCKED" else TaskStatus(status),
            blocked=status == "BLOCKED",
            error=Failure(code="x", message="m") if status in {"FAILED", "TIMED_OUT"} else None,
            finished_at=START + timedelta(seconds=number),
        )
        for number, (name, status) in enumerate(statuses.items())
    }
