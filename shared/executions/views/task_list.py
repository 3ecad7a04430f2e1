"""All task runs of an execution in the order of the text, those without a record included."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice

from shared.executions.models import Execution, Status
from shared.executions.scheduling.container_attempts import latest_runs
from shared.executions.scheduling.nodes import TaskInstance, inner_iteration
from shared.executions.scheduling.scheduler import Scheduler
from shared.executions.scheduling.task_tree import LOOPS
from shared.executions.task_runs import TaskRun, TaskStatus, node_key
from shared.flows.plans.plan import Plan


def scheduler_of(plan: Plan, runs: Mapping[str, TaskRun]) -> Scheduler:
    """Return a scheduler that knows the recorded runs: `runs` by the keys of their rows."""
    scheduler = Scheduler(plan)
    for run in latest_runs(scheduler, runs).values():
        scheduler.apply(run)
    return scheduler


def task_runs(plan: Plan, execution: Execution, runs: Mapping[str, TaskRun]) -> Iterator[TaskRun]:
    """Yield every task of the text; behind a loop its iterations, each in the order of the text."""
    return listed(scheduler_of(plan, runs), execution)


def listed(scheduler: Scheduler, execution: Execution) -> Iterator[TaskRun]:
    """Return the task runs as `task_runs` does, with a scheduler that is there already."""
    inside = _Inside(scheduler)
    for planned in scheduler.tasks.values():
        if planned.parent is None:
            yield from _with_inner(scheduler, execution, inside, TaskInstance(planned))


MAX_UNBEGUN = 10_000
"""The rows shown of an execution's iterations that never began."""


class _Inside:
    """The containers that have records inside, and for loops the iterations that have."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._room = MAX_UNBEGUN
        self._containers: set[str] = set()
        self._iterations: dict[str, set[str]] = {}
        for run in scheduler.runs.values():
            if run.task_name in scheduler.tasks:
                self._note(
                    scheduler, TaskInstance(scheduler.tasks[run.task_name], run.iteration or "")
                )

    def _note(self, scheduler: Scheduler, instance: TaskInstance) -> None:
        while parent := scheduler.parent_of(instance):
            if parent.planned.task.type in LOOPS:
                self._iterations.setdefault(parent.key, set()).add(instance.iteration)
            if parent.key in self._containers:
                return  # what stands round it is noted too
            self._containers.add(parent.key)
            instance = parent

    def has_any(self, instance: TaskInstance) -> bool:
        return instance.key in self._containers

    def iterations(self, instance: TaskInstance) -> list[str]:
        found = self._iterations.get(instance.key, ())
        return sorted(found, key=_index)

    def unbegun(self, instance: TaskInstance, run: TaskRun | None, rows: int) -> list[str]:
        """Return the iterations of a loop that is over which never began, as far as there is room.

        Each takes so many rows.
        """
        if run is None or run.iterations is None or not run.status.is_terminal:
            return []
        begun = self._iterations.get(instance.key, set())
        every = (inner_iteration(instance.iteration, index) for index in range(run.iterations))
        found = list(islice((each for each in every if each not in begun), self._room // rows))
        self._room -= len(found) * rows
        return found


def _with_inner(
    scheduler: Scheduler, execution: Execution, inside: _Inside, instance: TaskInstance
) -> Iterator[TaskRun]:
    yield scheduler.runs.get(instance.key) or _unrecorded(scheduler, execution, instance)
    inner = scheduler.children(instance.name)
    begun = inside.iterations(instance)
    if not begun:
        for planned in inner:
            each = TaskInstance(planned, instance.iteration)
            yield from _with_inner(scheduler, execution, inside, each)
        return
    unbegun = set(inside.unbegun(instance, scheduler.runs.get(instance.key), len(inner)))
    for iteration in sorted((*begun, *unbegun), key=_index):
        for each in (TaskInstance(planned, iteration) for planned in inner):
            if iteration in unbegun:
                yield _unrecorded(scheduler, execution, each)
            elif each.key in scheduler.runs or inside.has_any(each):
                yield from _with_inner(scheduler, execution, inside, each)


def _index(iteration: str) -> int:
    return int(iteration.rpartition(".")[2])


def _unrecorded(scheduler: Scheduler, execution: Execution, instance: TaskInstance) -> TaskRun:
    status = _status(scheduler, execution, instance)
    is_running = status is TaskStatus.RUNNING
    return TaskRun(
        task_name=instance.name,
        task_type=instance.planned.task.type,
        status=status,
        iteration=instance.iteration or None,
        started_at=_ready_at(scheduler, execution, instance) if is_running else None,
    )


def _ready_at(
    scheduler: Scheduler, execution: Execution, instance: TaskInstance
) -> datetime | None:
    """Return about when a task without a record began: at the end of its predecessors."""
    ends = [scheduler.runs[_before(instance, name)].finished_at for name in _names(instance)]
    parent = scheduler.parent_of(instance)
    if any(ends) or parent is None:
        return max((end for end in ends if end), default=execution.started_at)
    run = scheduler.runs.get(parent.key)
    return run.due_at if run and run.due_at else _ready_at(scheduler, execution, parent)


def _status(scheduler: Scheduler, execution: Execution, instance: TaskInstance) -> TaskStatus:
    """Return the status of a task without a record, as far as the scheduler can tell."""
    if _is_left_out(scheduler, execution, instance):
        return TaskStatus.SKIPPED
    if execution.status.is_terminal or (execution.closing and instance.planned.section == "main"):
        return TaskStatus.CANCELLED
    ready = all(_is_settled(scheduler, _before(instance, name)) for name in _names(instance))
    if not ready or instance.planned.section != "main":
        return TaskStatus.WAITING
    parent = scheduler.parent_of(instance)
    if parent and _shown(scheduler, execution, parent) is not TaskStatus.RUNNING:
        return TaskStatus.WAITING
    is_running = execution.status is Status.RUNNING and execution.due_at is None
    return TaskStatus.RUNNING if is_running else TaskStatus.PENDING


def _shown(scheduler: Scheduler, execution: Execution, instance: TaskInstance) -> TaskStatus:
    run = scheduler.runs.get(instance.key)
    return run.status if run else _status(scheduler, execution, instance)


def _is_left_out(scheduler: Scheduler, execution: Execution, instance: TaskInstance) -> bool:
    """Tell whether a task never runs: in a settled container, or in a chain that is not needed."""
    parent = scheduler.parent_of(instance)
    if parent is None:
        return instance.planned.section == "errors" and execution.status.is_terminal
    run = scheduler.runs.get(parent.key)
    if run is None:
        return _is_left_out(scheduler, execution, parent)
    return run.status.is_terminal and run.status is not TaskStatus.CANCELLED


def _names(instance: TaskInstance) -> list[str]:
    return [predecessor.name for predecessor in instance.planned.predecessors]


def _before(instance: TaskInstance, name: str) -> str:
    return node_key(name, instance.iteration)


def _is_settled(scheduler: Scheduler, key: str) -> bool:
    return key in scheduler.runs and scheduler.runs[key].status.is_terminal
