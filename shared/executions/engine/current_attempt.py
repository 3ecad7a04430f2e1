"""The attempt of a task that is under way, or is next."""

from dataclasses import dataclass
from datetime import datetime

from shared.executions.engine.context import Workbench
from shared.executions.scheduling.nodes import Node
from shared.executions.task_runs import TaskRun, TaskStatus


def round_of(run: TaskRun | None) -> int:
    """The number of the round that is under way, or is about to begin."""
    if run is None:
        return 1
    return run.attempt + 1 if run.status is TaskStatus.RETRYING else run.attempt


def round_began(work: Workbench, node: Node, run: TaskRun | None) -> datetime:
    """When that round could begin."""
    return run.due_at if run and run.due_at else work.recorder.ready_at(node)


@dataclass(frozen=True)
class Try:
    """Attempt `attempt` of a task, which could begin at `began_at`: the same in every turn.

    `run` is what is recorded of this attempt, None while nothing is.
    """

    attempt: int
    began_at: datetime
    run: TaskRun | None


def try_of(work: Workbench, node: Node, run: TaskRun | None) -> Try:
    """The attempt that is under way, or is about to begin."""
    if run is None:
        return Try(1, work.recorder.ready_at(node), None)
    if run.status is TaskStatus.RETRYING:
        return Try(run.attempt + 1, run.due_at or work.clocks.now(), None)
    return Try(run.attempt, run.began_at or work.recorder.ready_at(node), run)
