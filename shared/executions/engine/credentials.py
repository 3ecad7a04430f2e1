"""The reading of credentials before a turn: what cannot be masked is not run.

A value that the world knows may turn up in any answer of it, so a turn that cannot read what its
revision names does nothing, and comes again; after a while its tasks fail instead.
"""

from dataclasses import dataclass

from shared.errors import UnavailableError
from shared.executions.engine.patience import Patience
from shared.executions.models import Execution
from shared.executions.store.snapshots import TurnFence
from shared.executions.tasks.credentials import ReadCredentials, TurnCredentials
from shared.flows.plans.credential_names import credential_names
from shared.flows.plans.plan import Plan
from shared.observability import logger


@dataclass(frozen=True)
class CredentialAccess:
    """The way of turns to the credentials of executions."""

    read: ReadCredentials
    patience: Patience

    def of_turn(
        self, execution: Execution, plan: Plan, entry: TurnFence, path: str
    ) -> TurnCredentials:
        """Read all that a revision names, in one go; NotReadableYetError, for a while.

        A revision that names none costs nothing. It is the last that a turn reads of secrets.
        """
        names = credential_names(planned.task for planned in plan.tasks)
        try:
            found = self.read(execution.tenant, execution.namespace, names) if names else {}
        except UnavailableError:
            self.patience.check(execution, entry, path)
            logger.warning("credentials are out of reach, tasks fail of it")
            return TurnCredentials(None)
        self.patience.end(execution, entry, path)
        return TurnCredentials(found)
