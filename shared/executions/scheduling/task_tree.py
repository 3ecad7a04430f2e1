"""The tree of a plan's tasks: their lists, containers and loops, and the attempts of containers.

A run inside a container belongs to one attempt of each container above it that has a `retry`.
Their numbers, outermost first, are the run's stored field `rounds` (`2.1`), left empty while all
of them are in their first attempt. So no two container attempts share a row.
"""

from collections.abc import Callable, Iterator

from shared.executions.scheduling.nodes import TaskInstance
from shared.executions.task_runs import node_key
from shared.flows.plans.plan import Plan, PlanTask

FOREACH, LOOP = "flow.foreach", "flow.loop"
LOOPS = frozenset({FOREACH, LOOP})
"""The containers whose tasks run in iterations: for items, or in rounds."""

Round = Callable[[str, str, str], int]
"""The attempt that a container is in, by name, iteration and its own `rounds`; from 1."""


class TaskTree:
    """The lists of a plan and the containers of each task; `loops` outermost first."""

    def __init__(self, plan: Plan) -> None:
        self.tasks = {planned.task.name: planned for planned in plan.tasks}
        self.lists: dict[tuple[str, str | None], list[PlanTask]] = {}
        self.loops: dict[str, tuple[str, ...]] = {}
        self._children: dict[str, list[PlanTask]] = {}
        self._retried: dict[str, tuple[str, ...]] = {}
        for planned in plan.tasks:
            name, parent = planned.task.name, planned.parent
            self.lists.setdefault((parent or planned.section, planned.branch), []).append(planned)
            loops, retried = self.loops.get(parent or "", ()), self._retried.get(parent or "", ())
            if parent:
                self._children.setdefault(parent, []).append(planned)
                loops += (parent,) if self.tasks[parent].task.type in LOOPS else ()
                retried += (parent,) if self.tasks[parent].task.retry else ()
            self.loops[name], self._retried[name] = loops, retried
        self.has_rounds = any(planned.task.type == LOOP for planned in plan.tasks)
        self.has_container_retries = any(self._retried.values())

    def list_of(self, place: str, branch: str | None) -> list[PlanTask]:
        """Return the tasks of a section (branch None) or of a branch of a container."""
        return self.lists.get((place, branch), [])

    def branches(self, container: str) -> Iterator[str]:
        """Return the keys of the lists that a container holds."""
        found = (planned.branch for planned in self.children(container))
        return iter(dict.fromkeys(branch for branch in found if branch))

    def children(self, container: str) -> list[PlanTask]:
        """Return the tasks of all the lists that a container holds itself."""
        return self._children.get(container, [])

    def inner(self, container: str) -> Iterator[PlanTask]:
        """Yield everything a container holds, at any depth, in the order of the text."""
        for planned in self.children(container):
            yield planned
            yield from self.inner(planned.task.name)

    def parent_of(self, instance: TaskInstance) -> TaskInstance | None:
        """Return the container of a task instance, in its own iteration; None outside of all."""
        parent = instance.planned.parent
        if parent is None:
            return None
        return TaskInstance(self.tasks[parent], self.iteration(parent, instance.iteration))

    def holds(self, container: TaskInstance, instance: TaskInstance) -> bool:
        """Tell whether a task instance is inside a container, at any depth."""
        parent = self.parent_of(instance)
        while parent and parent.key != container.key:
            parent = self.parent_of(parent)
        return parent is not None

    def iteration(self, name: str, inner: str) -> str:
        """Return the iteration that a task is in when something inside it is in `inner`."""
        depth = len(self.loops[name])
        return ".".join(inner.split(".")[:depth]) if depth else ""

    def round_of(self, instance: TaskInstance) -> str:
        """Return the round of the innermost `flow.loop` that an instance is in: `poll#3`, or ``."""
        loops = self.loops[instance.name]
        for depth in range(len(loops), 0, -1):
            if self.tasks[loops[depth - 1]].task.type == LOOP:
                indices = instance.iteration.split(".")[:depth]
                return node_key(loops[depth - 1], ".".join(indices))
        return ""

    def container_attempts_of(self, name: str, iteration: str, round_of: Round) -> str:
        """Return the attempts of the containers above it that a task is in now (`2.1`)."""
        numbers: list[int] = []
        for container in self._retried[name]:
            its_iteration = self.iteration(container, iteration)
            numbers.append(round_of(container, its_iteration, _joined(numbers)))
        return _joined(numbers)

    def retried_above(self, name: str) -> int:
        """Return how many containers round a task have a `retry`."""
        return len(self._retried[name])


def attempt_numbers(rounds: str, usual: int) -> list[int]:
    """Return the numbers in a run's `rounds`; where all are 1, as many as is `usual`."""
    return [int(number) for number in rounds.split(".")] if rounds else [1] * usual


def _joined(numbers: list[int]) -> str:
    return ".".join(map(str, numbers)) if any(number > 1 for number in numbers) else ""
