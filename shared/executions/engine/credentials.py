"""The reading of credentials before a turn: what cannot be masked is not run.

A value that the world knows may turn up in any answer of it, so a turn that cannot read what its
revision names does nothing, and comes again; after a while its tasks fail instead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.errors import UnavailableError
from shared.executions.models import Execution
from shared.executions.store.repository import ExecutionRepository
from shared.executions.store.snapshots import TurnFence
from shared.executions.tasks.credentials import ReadCredentials, TurnCredentials
from shared.flows.plans.credential_names import credential_names
from shared.flows.plans.plan import Plan
from shared.observability import logger

PATIENCE: Final = timedelta(minutes=15)
"""The time in which credentials may be out of reach before tasks fail of it."""
SHORTEST_PAUSE: Final = timedelta(seconds=2)
LONGEST_PAUSE: Final = timedelta(minutes=1)


class NotReadableYetError(Exception):
    """Credentials that are out of reach for now: the turn is to be made at `due_at`."""

    def __init__(self, due_at: datetime) -> None:
        super().__init__("credentials are out of reach")
        self.due_at = due_at


@dataclass(frozen=True)
class CredentialAccess:
    """The way of turns to the credentials of executions."""

    executions: ExecutionRepository
    read: ReadCredentials
    now: Callable[[], datetime]

    def of_turn(
        self, execution: Execution, plan: Plan, entry: TurnFence, path: str
    ) -> TurnCredentials:
        """Read all that a revision names, in one go; NotReadableYetError, for a while.

        A revision that names none costs nothing.
        """
        names = credential_names(planned.task for planned in plan.tasks)
        if not names:
            return TurnCredentials({})
        try:
            found = self.read(execution.tenant, execution.namespace, names)
        except UnavailableError:
            self._check_patience(execution, entry, path)
            return TurnCredentials(None)
        if entry.unread_since:
            self.executions.forget_unread(execution.tenant, execution.id, path)
        return TurnCredentials(found)

    def _check_patience(self, execution: Execution, entry: TurnFence, path: str) -> None:
        """Raise NotReadableYetError unless credentials have been out of reach for too long."""
        now = self.now()
        since = entry.unread_since or now
        if now - since >= PATIENCE:
            logger.warning("credentials are out of reach, tasks fail of it")
            return
        if entry.unread_since is None:
            self.executions.note_unread(execution.tenant, execution.id, path, since=now)
        pause = min(max(now - since, SHORTEST_PAUSE), LONGEST_PAUSE)
        raise NotReadableYetError(now + pause)
