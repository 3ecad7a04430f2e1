"""Containers as they run: entered, left, and ended early when their time is over."""

from datetime import datetime

from shared.executions.containers import enter, leave, taken
from shared.executions.endings import Endings
from shared.executions.nodes import Leave, Node
from shared.executions.threads import is_wanted
from shared.executions.waits import MALFORMED, read_timeout
from shared.executions.workbench import Workbench


class Rounds:
    def __init__(self, work: Workbench, endings: Endings) -> None:
        self._work = work
        self._endings = endings
        self._limits: dict[str, tuple[datetime, Node]] = {}

    @property
    def limits(self) -> list[datetime]:
        """When the time of the open containers is over."""
        return [limit for limit, _ in self._limits.values()]

    def enter(self, node: Node) -> None:
        """Open a container, or settle it at once if it is not wanted or cannot be read."""
        board, recorder = self._work.board, self._work.recorder
        ready_at = recorder.ready_at(node)
        scope = self._work.scopes.for_node(board, node, attempt=1, now=ready_at)
        try:
            if not is_wanted(node.planned.task, scope):
                recorder.skipped(node, blocked=False)
                return
            timeout = read_timeout(node.planned.task, scope)
            board.entered[node.key] = taken(board, node, enter(node, scope))
        except MALFORMED as error:
            recorder.failed(node, error, started_at=self._work.clocks.now())
            return
        if timeout is not None:
            self._limits[node.key] = (ready_at + timeout, node)
        recorder.entered(node)

    def leave(self, action: Leave) -> None:
        """Settle a container in which all is settled."""
        node, board, scopes = action.node, self._work.board, self._work.scopes
        started_at = self._work.recorder.ready_at(node)
        scope = scopes.for_node(board, node, attempt=1, now=started_at)
        self._limits.pop(node.key, None)
        outputs = leave(board, node, scope, scopes.read)
        self._work.recorder.left(node, outputs, action.failure, started_at)

    def end_late(self) -> bool:
        """End the containers whose time is over; whether there were any."""
        now = self._work.clocks.now()
        late = [node for limit, node in self._limits.values() if limit <= now]
        for node in late:
            del self._limits[node.key]
            self._endings.time_out(node)
        return bool(late)
