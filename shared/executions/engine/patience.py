"""The patience of turns with secrets that are out of reach: they come again, but not for ever."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.executions.models import Execution
from shared.executions.store.repository import ExecutionRepository
from shared.executions.store.snapshots import TurnFence

PATIENCE: Final = timedelta(minutes=15)
"""The time in which secrets may be out of reach before it is taken for lasting."""
SHORTEST_PAUSE: Final = timedelta(seconds=2)
LONGEST_PAUSE: Final = timedelta(minutes=1)


class NotReadableYetError(Exception):
    """Secrets that are out of reach for now: the turn is to be made at `due_at`."""

    def __init__(self, due_at: datetime) -> None:
        super().__init__("secrets are out of reach")
        self.due_at = due_at


@dataclass(frozen=True)
class Patience:
    """The time for which turns wait, counted in the row of their segment."""

    executions: ExecutionRepository
    now: Callable[[], datetime]

    def check(self, execution: Execution, entry: TurnFence, path: str) -> None:
        """Raise NotReadableYetError, unless secrets have been out of reach for too long."""
        now = self.now()
        since = entry.unread_since or now
        if now - since >= PATIENCE:
            return
        if entry.unread_since is None:
            self.executions.note_unread(execution.tenant, execution.id, path, since=now)
        raise NotReadableYetError(now + pause_after(now - since))

    def end(self, execution: Execution, entry: TurnFence, path: str) -> None:
        """Forget that they were out of reach: all that the turn needs has been read."""
        if entry.unread_since:
            self.executions.forget_unread(execution.tenant, execution.id, path)


def pause_after(waited: timedelta) -> timedelta:
    """Return how long to wait before the next try: as long as it has taken so far, in bounds."""
    return min(max(waited, SHORTEST_PAUSE), LONGEST_PAUSE)
