"""Tasks that end outside, at the desk of a test."""

from typing import TYPE_CHECKING, Any

from shared.executions.task_runs import TaskStatus
from shared.executions.tasks.durable import DurableState, Poll
from tests.support.executions.bench import Bench
from tests.support.plans import plan_of, task

if TYPE_CHECKING:
    from collections.abc import Callable


GATE = "t.gate"


class Desk:
    """Somebody outside: what they say of each task, and whom they were told to forget."""

    def __init__(self, **said: DurableState) -> None:
        self.said = said
        self.visits: list[Poll] = []
        self.cancelled: list[str] = []
        self.on_visit: Callable[[], None] = lambda: None

    def step(self, poll: Poll) -> DurableState:
        self.visits.append(poll)
        self.on_visit()
        return self.said.get(poll.key, DurableState(TaskStatus.PAUSED, outputs={"approvalId": "x"}))

    def keep_until(self, execution: Any, run: Any, at: Any) -> None:
        raise NotImplementedError

    def cancel(self, poll: Poll) -> None:
        self.cancelled.append(poll.key)


def gate(name: str, **fields: Any) -> Any:
    return task(name, type=GATE, **fields)


def approve(**outputs: Any) -> DurableState:
    return DurableState(TaskStatus.SUCCESS, outputs=outputs)


def bench_of(desk: Desk, *tasks: Any, plugins: Any = None, **fields: Any) -> Bench:
    return Bench(plan_of(*tasks, **fields), plugins, externals={GATE: desk})
