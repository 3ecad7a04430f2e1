"""The values a flow's templates may read, from the execution and its recorded task runs."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from shared.executions.models import Execution, Status
from shared.executions.scheduling.container_state import ContainerState
from shared.executions.scheduling.nodes import TaskInstance, inner_iteration
from shared.executions.scheduling.scheduler import Scheduler
from shared.executions.scheduling.task_tree import TaskTree
from shared.executions.task_runs import Failure, TaskRun, TaskStatus, node_key
from shared.executions.tasks.iteration_values import IterationValues, ShownValues, depth_of
from shared.executions.tasks.task_states import State, state_shown
from shared.expressions import LazyVariables, Scope
from shared.flows.plans.plan import Plan
from shared.times import to_rfc3339


class ScopeBuilder:
    """The builder of one execution's scopes; recorded outputs are parsed once.

    `read` gives a task run's outputs, `inputs` are given where they are not all in the row.
    """

    def __init__(
        self,
        execution: Execution,
        plan: Plan,
        read: Callable[[TaskRun], dict[str, Any]],
        inputs: Mapping[str, Any] | None = None,
    ) -> None:
        self.read = read
        self._execution = execution
        self._inputs = execution.real_inputs if inputs is None else inputs
        self._plan = plan
        self._loops = TaskTree(plan).loops
        self._outputs: IterationValues[Any] = IterationValues(self._loops)
        self._states: IterationValues[State] = IterationValues(self._loops)
        self._end: dict[str, Any] = {}

    def add(self, run: TaskRun) -> None:
        """Make a settled task's outputs and end readable; a skipped one's outputs are empty."""
        # What is in S3 is fetched when a template reads it.
        outputs = run if run.stored else self.read(run)
        self._outputs.put(run.task_name, run.iteration or "", outputs)
        self._states.put(run.task_name, run.iteration or "", run)

    def add_empty(
        self, task_name: str, iteration: str, status: TaskStatus = TaskStatus.SKIPPED
    ) -> None:
        """Let a task that never runs read as an empty map, unless it has outputs."""
        self._outputs.put_if_absent(task_name, iteration, {})
        self._add_state(task_name, iteration, status)

    def _add_state(self, task_name: str, iteration: str, status: TaskStatus) -> None:
        """Let a task that never runs have a status; one in a loop ends in iterations only."""
        if depth_of(iteration) == len(self._loops[task_name]):
            self._states.put_if_absent(task_name, iteration, status)

    def forget(self, nodes: Iterable[TaskInstance]) -> None:
        """Drop what task instances left: they are to run once more."""
        for instance in nodes:
            self._outputs.drop(instance.name, instance.iteration)
            self._states.drop(instance.name, instance.iteration)

    def end_main(self, status: Status, error: Failure | None) -> None:
        """Let the tasks of `errors` and `finally` read how the flow's own tasks ended.

        Those that never began have no record: they count as cancelled.
        """
        execution = {**self._roots["execution"], "status": status.value}
        self._end = {"execution": execution, "error": error and _shown(error, status)}
        for planned in self._plan.tasks:
            if planned.section == "main":
                self._add_state(planned.task.name, "", TaskStatus.CANCELLED)

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
        roots |= {} if instance.planned.section == "main" else self._end
        scope = self._scope(seed=seed, now=now, instance=instance, **roots)
        return (
            scope.with_locals(**_loop_names(scheduler, instance)) if instance.iteration else scope
        )

    def inside(self, scheduler: Scheduler, loop: TaskInstance, index: int, scope: Scope) -> Scope:
        """Return the scope of a loop with the names that are known inside one of its iterations."""
        iteration = inner_iteration(loop.iteration, index)
        inner = TaskInstance(scheduler.children(loop.name)[0], iteration)
        return scope.with_locals(**_loop_names(scheduler, inner), **self._reach(inner))

    def for_outputs(self, *, now: datetime) -> Scope:
        return self._scope(seed=f"{self._execution.id}/outputs", now=now)

    def for_flow(self, *, now: datetime) -> Scope:
        """Return the scope of the flow's own fields: it has no outputs yet."""
        return self._scope(seed=f"{self._execution.id}/flow", now=now)

    def _scope(
        self, *, seed: str, now: datetime, instance: TaskInstance | None = None, **roots: Any
    ) -> Scope:
        bare = Scope(roots={**self._roots, **roots}, seed=seed, now=now, credentials=_no_credential)
        # Variables may read inputs and the like, never outputs (section 1).
        return bare.with_locals(
            **self._reach(instance), vars=LazyVariables(self._plan.variables, bare)
        )

    def _reach(self, instance: TaskInstance | None) -> dict[str, Any]:
        """Return what tasks left, as far as a task instance can see it."""
        loops = self._loops[instance.name] if instance else ()
        iteration = instance.iteration if instance else ""
        return {
            "outputs": ShownValues(self._outputs.visible(loops, iteration), self._fetched),
            "tasks": ShownValues(self._states.visible(loops, iteration), state_shown),
        }

    def _fetched(self, outputs: Any) -> Any:
        """Return outputs; a task run stands for those that are fetched when they are read."""
        return self.read(outputs) if isinstance(outputs, TaskRun) else outputs

    @cached_property
    def _roots(self) -> Mapping[str, Any]:
        """The roots that are the same in all scopes: templates read them, and change nothing."""
        execution = self._execution
        started_at = execution.started_at or execution.created_at
        return {
            "inputs": self._inputs,
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


def _shown(error: Failure, status: Status) -> dict[str, Any]:
    """Return a failure as templates read it; one that is no task's has the execution's status."""
    return {
        "taskName": error.task_name,
        "code": error.code,
        "message": error.message,
        "status": error.status or status.value,
    }


def _loop_names(scheduler: Scheduler, instance: TaskInstance) -> dict[str, Any]:
    """Return `loops`, the names of each loop around a task instance, and those of the innermost."""
    indices = instance.iteration.split(".")
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
