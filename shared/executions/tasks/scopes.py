"""The values a flow's templates may read, from the execution and its recorded task runs."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from shared.executions.models import Execution
from shared.executions.scheduling.container_state import ContainerState
from shared.executions.scheduling.nodes import TaskInstance
from shared.executions.scheduling.scheduler import Scheduler
from shared.executions.scheduling.task_tree import TaskTree
from shared.executions.task_runs import Failure, TaskRun, TaskStatus, node_key
from shared.expressions import LazyVariables, Scope
from shared.flows.plans.plan import Plan
from shared.times import to_rfc3339


class ScopeBuilder:
    """The builder of one execution's scopes; recorded outputs are parsed once.

    `error` is what the tasks of `errors` read of the failure, `read` gives a task run's outputs.
    """

    def __init__(
        self, execution: Execution, plan: Plan, read: Callable[[TaskRun], dict[str, Any]]
    ) -> None:
        self.error: Failure | None = None
        self.read = read
        self._execution = execution
        self._plan = plan
        self._outputs: dict[_Place, dict[str, Any]] = {}
        self._loops = TaskTree(plan).loops

    def add(self, run: TaskRun) -> None:
        """Make a settled task's outputs readable; a skipped task's are an empty map."""
        # What is in S3 is fetched when a template reads it.
        outputs = run if run.stored else self.read(run)
        place = self._place(run.task_name, run.iteration or "")
        self._outputs.setdefault(place, {})[run.task_name] = outputs

    def add_empty(self, task_name: str, iteration: str) -> None:
        """Let a task that never runs read as an empty map, unless it has outputs."""
        place = self._place(task_name, iteration)
        self._outputs.setdefault(place, {}).setdefault(task_name, {})

    def forget(self, nodes: Iterable[TaskInstance]) -> None:
        """Drop the outputs of task instances: they are to run once more."""
        for instance in nodes:
            if len(_indices(instance.iteration)) <= len(self._loops[instance.name]):
                self._outputs.get(self._place(instance.name, instance.iteration), {}).pop(
                    instance.name, None
                )

    def for_instance(
        self, scheduler: Scheduler, instance: TaskInstance, *, attempt: int, now: datetime
    ) -> Scope:
        """Return the scope of one attempt; `now` is when the task got ready, also after a crash."""
        task = instance.planned.task
        seed = f"{self._execution.id}/{task.name}/{instance.iteration}/{attempt}"
        if self._execution.attempt > 1:
            seed += f"/{self._execution.attempt}"
        if rounds := scheduler.rounds(instance):
            seed += f"/@{rounds}"
        roots: dict[str, Any] = {"task": {"name": task.name, "type": task.type, "attempt": attempt}}
        if self.error and instance.planned.section == "errors":
            roots["error"] = {
                "taskName": self.error.task_name,
                "message": self.error.message,
                # Only the flow's own time-out is no task's.
                "status": self.error.status or TaskStatus.TIMED_OUT.value,
            }
        scope = self._scope(seed=seed, now=now, instance=instance, **roots)
        return (
            scope.with_locals(**_loop_names(scheduler, instance)) if instance.iteration else scope
        )

    def for_outputs(self, *, now: datetime) -> Scope:
        return self._scope(seed=f"{self._execution.id}/outputs", now=now)

    def for_flow(self, *, now: datetime) -> Scope:
        """Return the scope of the flow's own fields: it has no outputs yet."""
        return self._scope(seed=f"{self._execution.id}/flow", now=now)

    def _scope(
        self, *, seed: str, now: datetime, instance: TaskInstance | None = None, **roots: Any
    ) -> Scope:
        bare = Scope(
            roots={**self._roots(), **roots}, seed=seed, now=now, credentials=_no_credential
        )
        # Variables may read inputs and the like, never outputs (section 1).
        return bare.with_locals(
            outputs=self._visible(instance), vars=LazyVariables(self._plan.variables, bare)
        )

    def _place(self, task_name: str, iteration: str) -> "_Place":
        """Return the key of an iteration: two loops have some of one name, and the loop differs."""
        depth = len(_indices(iteration))
        return (self._loops[task_name][depth - 1] if depth else "", iteration)

    def _visible(self, instance: TaskInstance | None) -> "Outputs":
        """Return the outputs outside all loops, and those of the iterations of a task instance."""
        visible = dict(self._outputs.get(("", ""), {}))
        indices = _indices(instance.iteration) if instance else []
        for depth in range(1, len(indices) + 1):
            iteration = ".".join(indices[:depth])
            visible |= (
                self._outputs.get(self._place(instance.name, iteration), {}) if instance else {}
            )
        return Outputs(visible, self.read)

    def _roots(self) -> Mapping[str, Any]:
        execution = self._execution
        started_at = execution.started_at or execution.created_at
        return {
            "inputs": execution.real_inputs,
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


_Place = tuple[str, str]
"""The innermost loop of a task and its iteration; both empty outside of loops."""


def _indices(iteration: str) -> list[str]:
    return iteration.split(".") if iteration else []


class Outputs(Mapping[str, Any]):
    """The root `outputs`; a task run stands for outputs that are fetched when they are read."""

    def __init__(self, known: Mapping[str, Any], read: Callable[[TaskRun], Any]) -> None:
        self._known = known
        self._read = read

    def __getitem__(self, name: str) -> Any:
        found = self._known[name]
        return self._read(found) if isinstance(found, TaskRun) else found

    def __contains__(self, name: object) -> bool:
        return name in self._known

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def _loop_names(scheduler: Scheduler, instance: TaskInstance) -> dict[str, Any]:
    """Return `loops`, the names of each loop around a task instance, and those of the innermost."""
    indices = _indices(instance.iteration)
    loops = {
        name: _names_in(entered, int(indices[depth]))
        for depth, name in enumerate(scheduler.loops[instance.name])
        if (entered := scheduler.entered.get(node_key(name, ".".join(indices[:depth]))))
    }
    innermost = loops.get(scheduler.loops[instance.name][-1], {})
    return {**innermost, "loops": loops}


def _names_in(entered: ContainerState, index: int) -> dict[str, Any]:
    """Return what a loop calls an iteration: only a map has keys, so in a list `key` is nothing."""
    if entered.items is None:
        return {"index": index}
    key, item = entered.items[index]
    names = {"item": item, "index": index}
    return names if key is None else {**names, "key": key}


def _no_credential(_name: str) -> None:
    """Refuse every name: no store of credentials exists yet, and the task fails saying so."""
    return
