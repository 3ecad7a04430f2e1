"""What is decided when a container is opened: the same however often it is opened again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.executions.engine.context import Workbench
from shared.executions.engine.current_attempt import round_began, round_of
from shared.executions.scheduling.container_state import Entered
from shared.executions.scheduling.containers import enter, taken
from shared.executions.scheduling.nodes import Node
from shared.executions.task_runs import TaskRun
from shared.executions.tasks.conditions import is_wanted
from shared.executions.tasks.timeouts import read_timeout


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
