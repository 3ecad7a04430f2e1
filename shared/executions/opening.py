"""What is decided when a container is opened: the same however often it is opened again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.executions.containers import enter, taken
from shared.executions.models import TaskRun, TaskStatus
from shared.executions.nodes import Entered, Node
from shared.executions.threads import is_wanted
from shared.executions.waits import read_timeout
from shared.executions.workbench import Workbench


@dataclass(frozen=True)
class Opening:
    """Round `attempt` of a container, which began at `began_at`.

    Not wanted: `entered` is None.
    """

    attempt: int
    began_at: datetime
    entered: Entered | None = None
    timeout: timedelta | None = None


def opening(work: Workbench, node: Node, run: TaskRun | None) -> Opening:
    """Open a container on paper; raises MALFORMED (see `waits.py`)."""
    attempt, began_at = round_of(run), round_began(work, node, run)
    scope = work.scopes.for_node(work.board, node, attempt=attempt, now=began_at)
    if not is_wanted(node.planned.task, scope):
        return Opening(attempt, began_at)
    timeout = read_timeout(node.planned.task, scope)
    entered = taken(work.board, node, enter(node, scope))
    return Opening(attempt, began_at, entered, timeout)


def round_of(run: TaskRun | None) -> int:
    """The number of the round that is under way, or is about to begin."""
    if run is None:
        return 1
    return run.attempt + 1 if run.status is TaskStatus.RETRYING else run.attempt


def round_began(work: Workbench, node: Node, run: TaskRun | None) -> datetime:
    """When that round could begin."""
    return run.due_at if run and run.due_at else work.recorder.ready_at(node)
