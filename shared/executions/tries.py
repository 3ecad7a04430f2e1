"""Attempts of what no thread runs: waits, and tasks that end outside."""

from dataclasses import dataclass
from datetime import datetime

from shared.executions.models import TaskRun, TaskStatus
from shared.executions.nodes import Node
from shared.executions.workbench import Workbench


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
