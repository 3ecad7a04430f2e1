"""The opening of sealed inputs before a turn: what cannot be masked is not run, nor told.

While they are out of reach the turn comes again; what never opens ends its execution.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from shared.errors import InvalidInputsError, UnavailableError
from shared.executions.engine.patience import PATIENCE, Patience
from shared.executions.inputs import check_inputs
from shared.executions.models import Execution, Status
from shared.executions.secrets import guarded_inputs, secret_values
from shared.executions.store.inputs import read_inputs
from shared.executions.store.payloads import PayloadStore
from shared.executions.store.snapshots import TurnFence
from shared.executions.task_runs import Failure
from shared.flows.plans.plan import Plan
from shared.observability import logger
from shared.secrets.envelope import BrokenSealError

OpenInputs = Callable[[Execution], Execution]
"""The function that opens what is sealed of an execution; BrokenSealError, UnavailableError."""

_MINUTES: Final = int(PATIENCE.total_seconds() // 60)
_BROKEN: Final = "what is stored of the SECRET inputs does not open: it was changed, or is lost"
_AWAY: Final = f"the SECRET inputs could not be opened for {_MINUTES} minutes"


class UnreadableInputsError(Exception):
    """Sealed inputs that this execution will not read; `failure` is how it ends."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(
            code="inputs_unreadable", message=message, status=Status.FAILED.value
        )


class TurnInputs(NamedTuple):
    """An execution with its secrets in memory; `refusal` is why its revision cannot take them."""

    execution: Execution
    refusal: Failure | None = None


@dataclass(frozen=True)
class InputAccess:
    """The way of turns to the sealed inputs of executions."""

    open: OpenInputs
    payloads: PayloadStore
    patience: Patience

    def of_turn(self, execution: Execution, plan: Plan, entry: TurnFence, path: str) -> TurnInputs:
        """Open what is sealed; NotReadableYetError for a while, then UnreadableInputsError.

        An execution without sealed inputs costs nothing.
        """
        try:
            opened = self.open(execution)
        except UnavailableError:
            self.patience.check(execution, entry, path)
            logger.warning("sealed inputs are out of reach, the execution fails of it")
            raise UnreadableInputsError(_AWAY) from None
        except BrokenSealError:
            logger.exception("sealed inputs do not open", extra={"id": execution.id})
            raise UnreadableInputsError(_BROKEN) from None
        return self._checked(opened, plan) if opened.has_unchecked_inputs else TurnInputs(opened)

    def _checked(self, execution: Execution, plan: Plan) -> TurnInputs:
        """Check inputs that a retry took over without reading them, in each turn alike."""
        inputs = read_inputs(execution, self.payloads)
        try:
            accepted = check_inputs(plan.inputs, inputs, secret_values(execution))
        except InvalidInputsError as error:
            failure = Failure(code=error.code, message=error.detail, status=Status.FAILED.value)
            return TurnInputs(execution, failure)
        guarded = guarded_inputs(
            plan.inputs, accepted, execution.inherited_secrets, secret_before=execution.secrets
        )
        del guarded["inputs"]  # what is shown is stored as it is
        return TurnInputs(execution.model_copy(update=guarded))
