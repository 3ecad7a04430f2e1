"""What stands round each task of a plan: loops, and containers that may be tried again.

A round is one attempt of a container. What is recorded inside belongs to one round of each
container round it that has a `retry`: their numbers, outermost first, are a task run's `rounds`
(`2.1`), left empty as long as all of them are in their first. So no two rounds share a row.
"""

from collections.abc import Callable, Mapping

from shared.executions.models import TaskRun
from shared.executions.nodes import node_key
from shared.flows.plan import Plan

LOOP = "flow.foreach"

Round = Callable[[str, str, str], int]
"""The number of the round that a container is in, by name, iteration and its own `rounds`."""


class Places:
    def __init__(self, plan: Plan) -> None:
        self.loops: dict[str, tuple[str, ...]] = {}
        """The loops round each task, outermost first."""
        self._retried: dict[str, tuple[str, ...]] = {}
        tasks = {planned.task.name: planned.task for planned in plan.tasks}
        for planned in plan.tasks:
            name, parent = planned.task.name, planned.parent
            own = (parent,) if parent else ()
            is_loop = parent is not None and tasks[parent].type == LOOP
            is_retried = parent is not None and tasks[parent].retry is not None
            self.loops[name] = self.loops.get(parent or "", ()) + (own if is_loop else ())
            self._retried[name] = self._retried.get(parent or "", ()) + (own if is_retried else ())
        self.has_rounds = any(self._retried.values())

    def iteration(self, name: str, inner: str) -> str:
        """The iteration that a task is in when something inside it is in `inner`."""
        depth = len(self.loops[name])
        return ".".join(inner.split(".")[:depth]) if depth else ""

    def rounds(self, name: str, iteration: str, round_of: Round) -> str:
        """In which rounds of the containers round it a task is now."""
        numbers: list[int] = []
        for container in self._retried[name]:
            its_iteration = self.iteration(container, iteration)
            numbers.append(round_of(container, its_iteration, _joined(numbers)))
        return _joined(numbers)


def _joined(numbers: list[int]) -> str:
    return ".".join(map(str, numbers)) if any(number > 1 for number in numbers) else ""


def latest_runs(plan: Plan, runs: Mapping[str, TaskRun]) -> dict[str, TaskRun]:
    """The task runs that count, by node: of each container the round that it is in.

    `runs` by the keys of their rows, as an execution's records are read.
    """
    places = Places(plan)
    if not places.has_rounds:
        return dict(runs)

    def round_of(name: str, iteration: str, rounds: str) -> int:
        run = runs.get(node_key(name, iteration, rounds))
        return run.attempt if run else 1

    return {
        node_key(run.task_name, run.iteration or ""): run
        for run in runs.values()
        if run.task_name not in places.loops
        or run.rounds == places.rounds(run.task_name, run.iteration or "", round_of)
    }


def past_runs(plan: Plan, runs: Mapping[str, TaskRun]) -> list[TaskRun]:
    """The other ones: of rounds after which their container was tried again."""
    counting = {id(run) for run in latest_runs(plan, runs).values()}
    return [run for run in runs.values() if id(run) not in counting]
