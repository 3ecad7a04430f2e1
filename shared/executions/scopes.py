"""What a flow's templates may read, built from the execution and from what is recorded of it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.executions.models import Execution, TaskRun
from shared.expressions import LazyVariables, Scope
from shared.flows.plan import Plan, PlanTask
from shared.times import to_rfc3339


class ScopeBuilder:
    """Builds the scopes of one execution; recorded outputs are parsed once."""

    def __init__(self, execution: Execution, plan: Plan) -> None:
        self._execution = execution
        self._plan = plan
        self._outputs: dict[str, Any] = {}

    def add(self, run: TaskRun) -> None:
        """Make a settled task's outputs readable; a skipped task's are an empty map."""
        self._outputs[run.task_name] = json.loads(run.outputs) if run.outputs else {}

    def for_task(self, planned: PlanTask, *, attempt: int, now: datetime) -> Scope:
        """`now` must be the same when a crashed attempt is repeated: when the task got ready."""
        task = planned.task
        return self._scope(
            seed=f"{self._execution.id}/{task.name}//{attempt}",
            now=now,
            task={"name": task.name, "type": task.type, "attempt": attempt},
        )

    def for_outputs(self, *, now: datetime) -> Scope:
        return self._scope(seed=f"{self._execution.id}/outputs", now=now)

    def _scope(self, *, seed: str, now: datetime, **roots: Any) -> Scope:
        bare = Scope(
            roots={**self._roots(), **roots}, seed=seed, now=now, credentials=_no_credential
        )
        # Variables may read inputs and the like, never outputs (section 1).
        return bare.with_locals(
            outputs=dict(self._outputs), vars=LazyVariables(self._plan.variables, bare)
        )

    def _roots(self) -> Mapping[str, Any]:
        execution = self._execution
        started_at = execution.started_at or execution.created_at
        return {
            "inputs": execution.inputs,
            "labels": execution.labels,
            "trigger": execution.trigger.model_dump(by_alias=True),
            "execution": {
                "id": execution.id,
                "startedAt": to_rfc3339(started_at),
                "attempt": execution.attempt,
                "retryOf": execution.retry_of,
            },
            "flow": {
                "id": execution.flow_id,
                "name": execution.flow_name,
                "namespace": execution.namespace,
                "revision": execution.flow_revision,
            },
        }


def _no_credential(_name: str) -> None:
    """No store of credentials exists yet: every name is unknown, and its task fails saying so."""
    return
