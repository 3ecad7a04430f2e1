"""A decision: one transaction over an approval and the execution that waits for it.

It counts a wake-up of the execution; `service` then has `orchestration/wakeups` send the token.
"""

import time
from collections.abc import Sequence
from enum import Enum, auto
from functools import cache
from typing import TYPE_CHECKING, Any

from shared.aws import table
from shared.config import ApprovalsTableSettings, settings
from shared.dynamodb import Sleep, Write, named, transact
from shared.errors import UnavailableError
from shared.executions.orchestration.wakeups import SEGMENT
from shared.executions.store.conditions import due_now
from shared.executions.store.segments import count_wakeup
from shared.executions.store.table import executions_table
from shared.people.approvals.items import approval_key
from shared.people.approvals.models import Approval, ApprovalStatus
from shared.times import to_rfc3339

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

TRIES = 5


class DecisionResult(Enum):
    """The result of a decision."""

    DONE = auto()
    TOO_LATE = auto()
    EXECUTION_ENDS = auto()


class DecisionRepository:
    """The writer of decisions; nothing of a decision is stored unless all of it is."""

    def __init__(self, approvals: "Table", executions: "Table", sleep: Sleep = time.sleep) -> None:
        self._approvals = approvals
        self._executions = executions
        self._sleep = sleep

    def decide(
        self, decided: Approval, also: Sequence[Write] = (), *, is_as_read: bool = False
    ) -> DecisionResult:
        """Store a decision if the approval is PENDING and its execution open, not ending.

        The same write makes the execution due for a check and counts a wake-up. If the caller dies
        after it, the reconciler wakes the execution within a minute, and a turn under way cannot
        suspend without seeing the decision. `also` are writes to other tables, made with it. With
        `is_as_read` it is too late as well when a reminder was written since the approval was read.
        Raises UnavailableError when others keep writing, or were faster.
        """
        writes = self._writes(decided, is_as_read=is_as_read) | named("also", also)
        failed = transact(self._approvals, writes, tries=TRIES, sleep=self._sleep)
        if "approval" in failed:
            return DecisionResult.TOO_LATE
        if "execution" in failed:
            return DecisionResult.EXECUTION_ENDS
        if failed:
            # Somebody else has the key of this request, and keeps it.
            raise UnavailableError("a repeat of this request was faster, try again")
        return DecisionResult.DONE

    def _writes(self, decided: Approval, *, is_as_read: bool) -> dict[str, Write]:
        tenant, execution_id = decided.tenant, decided.execution_id
        at = decided.decided_at or decided.requested_at
        return {
            "approval": {"Update": self._approval(decided, is_as_read=is_as_read)},
            "execution": self._of_execution(due_now(tenant, execution_id, at)),
            "wake-up": self._of_execution(count_wakeup(tenant, execution_id, SEGMENT)),
        }

    def _of_execution(self, update: dict[str, Any]) -> Write:
        return {"Update": {"TableName": self._executions.name, **update}}

    def _approval(self, decided: Approval, *, is_as_read: bool) -> Any:
        sets = "SET #status = :status, decision = :decision, decidedBy = :by, decidedAt = :at"
        values: dict[str, Any] = {
            ":status": decided.status,
            ":decision": decided.decision,
            ":by": decided.decided_by,
            ":at": to_rfc3339(decided.decided_at or decided.requested_at),
            ":pending": ApprovalStatus.PENDING,
        }
        if decided.comment is not None:
            sets += ", #comment = :comment"
            values[":comment"] = decided.comment
        condition = "#status = :pending"
        if is_as_read:
            for counted in ("reminders", "escalations"):
                values[f":{counted}"] = getattr(decided, counted)
                condition += f" AND (attribute_not_exists({counted}) OR {counted} = :{counted})"
        names = {"#status": "status", "#comment": "comment"}
        return {
            "Key": approval_key(decided.tenant, decided.id),
            "UpdateExpression": sets,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {
                name: field for name, field in names.items() if name in sets
            },
            "ExpressionAttributeValues": values,
        }


@cache
def decision_repository() -> DecisionRepository:
    approvals = table(settings(ApprovalsTableSettings).approvals_table_name)
    return DecisionRepository(approvals, executions_table())
