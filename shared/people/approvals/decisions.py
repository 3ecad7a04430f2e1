"""A decision: one transaction over an approval and the execution that waits for it."""

from enum import Enum, auto
from functools import cache
from typing import TYPE_CHECKING, Any

from shared.aws import table
from shared.config import ApprovalsTableSettings, ExecutionsTableSettings, settings
from shared.dynamodb import BUSY, Write
from shared.errors import UnavailableError
from shared.executions.models import OPEN_STATUSES
from shared.executions.orchestration.wakeups import SEGMENT
from shared.executions.store.items import execution_key, segment_key
from shared.people.approvals.items import approval_key
from shared.people.approvals.models import Approval, ApprovalStatus
from shared.times import to_rfc3339

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_dynamodb.service_resource import Table

TRIES = 5
_REFUSED = "ConditionalCheckFailed"


class DecisionResult(Enum):
    """What became of a decision."""

    DONE = auto()
    TOO_LATE = auto()
    EXECUTION_ENDS = auto()
    BUSY = auto()


class DecisionRepository:
    """Writes decisions; nothing of a decision is stored unless all of it is."""

    def __init__(self, approvals: "Table", executions: "Table") -> None:
        self._approvals = approvals
        self._executions = executions

    def decide(self, decided: Approval, also: Write | None = None) -> DecisionResult:
        """Store a decision if the approval is PENDING and its execution open, not ending.

        The same write makes the execution due for a look and counts a wake-up: whoever dies
        behind it leaves an execution that the reconciler wakes within a minute, and a turn under
        way that cannot park without seeing the decision. `also` is a write to another table that is
        made with it. Raises UnavailableError when others keep writing.
        """
        for _ in range(TRIES):
            outcome = self._try(decided, also)
            if outcome is not DecisionResult.BUSY:
                return outcome
        raise UnavailableError("the execution changes too fast, try again")

    def _try(self, decided: Approval, also: Write | None) -> DecisionResult:
        client = self._approvals.meta.client
        updates = [self._approval(decided), self._execution(decided), self._wake_up(decided)]
        writes: Any = [*({"Update": update} for update in updates), *([also] if also else [])]
        try:
            client.transact_write_items(TransactItems=writes)
        except client.exceptions.TransactionCanceledException as error:
            return _outcome(error)
        return DecisionResult.DONE

    def _approval(self, decided: Approval) -> Any:
        sets = "SET #status = :status, decision = :decision, decidedBy = :by, decidedAt = :at"
        values = {
            ":status": decided.status,
            ":decision": decided.decision,
            ":by": decided.decided_by,
            ":at": to_rfc3339(decided.decided_at or decided.requested_at),
            ":pending": ApprovalStatus.PENDING,
        }
        if decided.comment is not None:
            sets += ", #comment = :comment"
            values[":comment"] = decided.comment
        names = {"#status": "status", "#comment": "comment"}
        return {
            "TableName": self._approvals.name,
            "Key": approval_key(decided.tenant, decided.id),
            "UpdateExpression": sets,
            "ConditionExpression": "#status = :pending",
            "ExpressionAttributeNames": {
                name: field for name, field in names.items() if name in sets
            },
            "ExpressionAttributeValues": values,
        }

    def _execution(self, decided: Approval) -> Any:
        statuses = {f":open{number}": status for number, status in enumerate(OPEN_STATUSES)}
        return {
            "TableName": self._executions.name,
            "Key": execution_key(decided.tenant, decided.execution_id),
            "UpdateExpression": "SET checkAt = :at, wakeAt = :at",
            "ConditionExpression": (
                f"#status IN ({', '.join(statuses)}) AND attribute_not_exists(closing)"
            ),
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {
                ":at": to_rfc3339(decided.decided_at or decided.requested_at), **statuses
            },
        }  # fmt: skip

    def _wake_up(self, decided: Approval) -> Any:
        return {
            "TableName": self._executions.name,
            "Key": segment_key(decided.tenant, decided.execution_id, SEGMENT),
            "UpdateExpression": "ADD wakes :one",
            "ExpressionAttributeValues": {":one": 1},
        }


def _outcome(error: "ClientError") -> DecisionResult:
    """What stood in the way, from the reasons, one for each write."""
    reasons: list[Any] = error.response.get("CancellationReasons", [])
    codes = [reason.get("Code") for reason in reasons]
    if codes and codes[0] == _REFUSED:
        return DecisionResult.TOO_LATE
    if len(codes) > 1 and codes[1] == _REFUSED:
        return DecisionResult.EXECUTION_ENDS
    if BUSY & set(codes) or codes[3:] == [_REFUSED]:
        return DecisionResult.BUSY
    raise error


@cache
def decision_repository() -> DecisionRepository:
    approvals = table(settings(ApprovalsTableSettings).approvals_table_name)
    return DecisionRepository(
        approvals, table(settings(ExecutionsTableSettings).executions_table_name)
    )
