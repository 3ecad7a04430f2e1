"""The task runs that a retry keeps: a task that succeeded is not run twice. Pure."""

from collections.abc import Iterator, Mapping
from enum import IntEnum

from shared.executions.scheduling.container_attempts import latest_runs
from shared.executions.scheduling.task_tree import LOOP, LOOPS, TaskTree
from shared.executions.task_runs import EXHAUSTED, TaskRun, TaskStatus, node_key
from shared.flows.language.definition import RunWhen
from shared.flows.plans.plan import Plan, PlanTask

FINE = frozenset({TaskStatus.SUCCESS, TaskStatus.SKIPPED})


class _Rerun(IntEnum):
    """The extent of a rerun: the rest of a container, or all of a task instance."""

    REST = 1
    ALL = 2


def reusable_runs(plan: Plan, before: Plan, runs: Mapping[str, TaskRun]) -> list[TaskRun]:
    """Return the successes of `before` that an execution of `plan` starts with.

    `before` is the plan that made `runs`; those are by the keys of their rows.

    What failed, was cancelled or never ran, runs again. What succeeded behind it stays as it is,
    unless it is there to handle an outcome that may be another now (`runWhen`, or a template that
    reads `tasks`). What is written otherwise in `plan` runs again, and with it all that comes after
    it. A container that failed keeps what succeeded inside, if nothing before it runs again.
    A loop that succeeded keeps all its rounds, whatever they came to; one that did not goes on with
    the first round in which something runs again, unless it has had all it may have.
    Tasks of `errors` and `finally` always run again. What is kept counts as done in the first
    attempt of all containers.
    """
    runs = latest_runs(TaskTree(before), runs)
    again = _Invalidation(plan, runs)
    for name in _changed(plan, before):
        again.add(name, "", _Rerun.ALL, keeps_good=False)
    tree = TaskTree(plan)
    for name, iteration in _unfinished(plan, runs):
        if not _is_decided(tree, runs, name, iteration):
            is_over = _is_exhausted(runs.get(node_key(name, iteration)))
            rerun = _Rerun.ALL if is_over else _Rerun.REST
            again.add(name, iteration, rerun, keeps_good=True)
    first = {planned.parent: {"attempt": 1} for planned in before.tasks if planned.parent}
    known = {planned.task.name for planned in plan.tasks if planned.section == "main"}
    return [
        run.model_copy(
            update={"logs": (), "fence": 0, "rounds": "", **first.get(run.task_name, {})}
        )
        for key, run in runs.items()
        if run.status is TaskStatus.SUCCESS and run.task_name in known and key not in again.nodes
    ]


def _unfinished(plan: Plan, runs: Mapping[str, TaskRun]) -> Iterator[tuple[str, str]]:
    """Yield name and iteration of each task instance without a good record."""
    tasks = {planned.task.name for planned in plan.tasks}
    for run in runs.values():
        if run.status not in FINE and run.task_name in tasks:
            yield run.task_name, run.iteration or ""
    for planned in plan.tasks:
        if planned.parent is None and planned.task.name not in runs:
            yield planned.task.name, ""


def _is_decided(tree: TaskTree, runs: Mapping[str, TaskRun], name: str, iteration: str) -> bool:
    """Tell whether a task is in a round of a loop that came to what it was to come to."""
    indices = iteration.split(".")
    for depth, loop in enumerate(tree.loops.get(name, ())):
        run = runs.get(node_key(loop, ".".join(indices[:depth])))
        is_loop = tree.tasks[loop].task.type == LOOP
        if is_loop and run and run.status is TaskStatus.SUCCESS:
            return True
    return False


def _is_exhausted(run: TaskRun | None) -> bool:
    return bool(run and run.error and run.error.code == EXHAUSTED and not run.error.task_name)


def _changed(plan: Plan, before: Plan) -> Iterator[str]:
    """Yield the tasks of the outermost lists that differ in `plan`, anywhere inside them."""
    old, new = ({each.task.name: each for each in one.tasks} for one in (before, plan))
    for name in {*old, *new}:
        if old.get(name) != new.get(name):
            for tasks in (old, new):
                outermost = _outermost(name, tasks)
                if outermost in new:
                    yield outermost


def _outermost(name: str, tasks: Mapping[str, PlanTask]) -> str:
    while name in tasks and (parent := tasks[name].parent):
        name = parent
    return name


class _Invalidation:
    """The task instances that run again: those after one in its list, and its containers."""

    def __init__(self, plan: Plan, runs: Mapping[str, TaskRun]) -> None:
        self.nodes: dict[str, _Rerun] = {}
        self._tasks = {planned.task.name: planned for planned in plan.tasks}
        self._runs = runs
        self._after: dict[str, list[str]] = {}
        self._inside: dict[str, list[str]] = {}
        self._first_again: dict[str, int] = {}
        for planned in plan.tasks:
            for predecessor in planned.predecessors:
                self._after.setdefault(predecessor.name, []).append(planned.task.name)
            if planned.parent:
                self._inside.setdefault(planned.parent, []).append(planned.task.name)

    def add(self, name: str, iteration: str, again: _Rerun, *, keeps_good: bool) -> None:
        waiting = [(name, iteration, again)]
        while waiting:
            name, iteration, again = waiting.pop()
            key = node_key(name, iteration)
            if self.nodes.get(key, 0) >= again:
                continue
            self.nodes[key] = again
            waiting += (
                (each, iteration, _Rerun.ALL)
                for each in self._after.get(name, ())
                if not (keeps_good and self._is_good(each, iteration))
            )
            waiting += self._round(name, iteration)
            waiting += self._later_rounds(name, iteration)
            if again is _Rerun.ALL:
                waiting += self._within(name, iteration)

    def _is_good(self, name: str, iteration: str) -> bool:
        """Tell whether a task succeeded for its own sake, and so did all that it holds."""
        run = self._runs.get(node_key(name, iteration))
        planned = self._tasks[name]
        is_handler = planned.task.run_when is not RunWhen.SUCCESS or planned.reads_ends
        if run is None or run.status is not TaskStatus.SUCCESS or is_handler:
            return False
        if planned.task.type == LOOP:
            return True
        within = (node_key(*place) for place in self._held(name, iteration))
        return all(self._runs[key].status in FINE for key in within if key in self._runs)

    def _held(self, name: str, iteration: str) -> Iterator[tuple[str, str]]:
        """Yield name and iteration of everything inside a container, at any depth."""
        if self._tasks[name].task.type == LOOP:
            return
        for inner, place, _ in self._within(name, iteration):
            yield inner, place
            yield from self._held(inner, place)

    def _round(self, name: str, iteration: str) -> Iterator[tuple[str, str, _Rerun]]:
        """Yield the container of a task instance; a loop stands one iteration further out."""
        parent = self._tasks[name].parent
        if parent:
            is_loop = self._tasks[parent].task.type in LOOPS
            outer = iteration.rpartition(".")[0] if is_loop else iteration
            yield parent, outer, _Rerun.REST

    def _later_rounds(self, name: str, iteration: str) -> Iterator[tuple[str, str, _Rerun]]:
        """Yield what is in later rounds of the same loop: they followed from this one."""
        parent = self._tasks[name].parent
        outer, _, index = iteration.rpartition(".")
        if not (parent and index and self._tasks[parent].task.type == LOOP):
            return
        loop, number = node_key(parent, outer), int(index)
        if number >= self._first_again.get(loop, number + 1):
            return
        self._first_again[loop] = number
        for inner, place, again in self._within(parent, outer):
            its_outer, _, its_index = place.rpartition(".")
            if its_index and its_outer == outer and int(its_index) > number:
                yield inner, place, again

    def _within(self, name: str, iteration: str) -> Iterator[tuple[str, str, _Rerun]]:
        inner = set(self._inside.get(name, ()))
        if not inner:
            return
        for run in self._runs.values():
            place = run.iteration or ""
            is_under = not iteration or place == iteration or place.startswith(f"{iteration}.")
            if run.task_name in inner and is_under:
                yield run.task_name, place, _Rerun.ALL
        # A branch that has no record of its own may hold some.
        yield from ((each, iteration, _Rerun.ALL) for each in inner)
