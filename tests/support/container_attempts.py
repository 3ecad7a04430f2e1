"""Containers that fail and are tried again, and what is recorded of their attempts."""

import json
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from shared.executions.scheduling.container_attempts import latest_runs
from shared.executions.scheduling.task_tree import TaskTree
from shared.executions.task_runs import TaskRun
from shared.executions.views.task_list import task_runs
from shared.flows.plans.plan import Plan
from shared.plugins.sdk.plugin import PluginError, Run, TaskContext
from tests.support.executions.bench import Abandoned, Bench
from tests.support.plans import task

RETRY = {"maxAttempts": 3, "delay": 3600}


def setting(name: str, **values: Any) -> Any:
    return task(name, properties={"values": values})


def box(*tasks: Any, name: str = "box", **fields: Any) -> Any:
    return task(name, **{"type": "flow.parallel", "retry": RETRY, "tasks": tasks, **fields})


def flaky(good: int = 2, **error: Any) -> Run:
    """A plugin that fails until its `good`th call."""
    calls = count(1)

    def run(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        number = next(calls)
        if number < good:
            raise PluginError("not yet", **{"code": "broken", **error})
        return {"call": number}

    return run


def latest(bench: Bench, plan: Plan) -> dict[str, TaskRun]:
    return latest_runs(TaskTree(plan), bench.runs)


def outputs(run: TaskRun) -> Any:
    return json.loads(run.outputs or "null")


def listed(bench: Bench, plan: Plan) -> list[tuple[str, str | None, str]]:
    shown = task_runs(plan, bench.now, bench.runs)
    return [(run.task_name, run.iteration, run.status.value) for run in shown]


def die_at(numbers: set[int], fatal: str) -> Callable[[str], None]:
    """Have a turn die `before` or `after` the writes of these numbers, from 0."""
    writes = count()

    def note_write(moment: str) -> None:
        if moment == fatal and next(writes) in numbers:
            raise Abandoned

    return note_write
