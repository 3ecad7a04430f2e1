"""Approvals: what is asked, whom, and what was decided."""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import ConfigDict, Field

from shared.records import Record
from shared.times import Timestamp

MAX_COMMENT_CHARACTERS = 4_000


class ApprovalStatus(StrEnum):
    """The status of an approval; only PENDING ever changes."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


class Decision(StrEnum):
    """The decision on a gate, by a person or by its time-out."""

    APPROVED = "approved"
    REJECTED = "rejected"


class Approval(Record):
    """One question to people.

    `decision` is also set when the time-out decided (EXPIRED). Nobody in `approvers` means that
    everybody may decide who may approve at all. `reminders` and `escalations` count those that
    were due while it was PENDING.
    """

    tenant: str = Field(exclude=True)
    id: str
    execution_id: str
    flow_id: str
    task_name: str
    iteration: str | None = None
    message: str
    approvers: tuple[str, ...] = ()
    status: ApprovalStatus = ApprovalStatus.PENDING
    decision: Decision | None = None
    reminders: int = 0
    escalations: int = 0
    requested_at: Timestamp
    expires_at: Timestamp | None = None
    decided_at: Timestamp | None = None
    decided_by: str | None = None
    comment: str | None = None

    @property
    def version(self) -> int:
        """A number that each write raises, for its ETag."""
        return 1 + self.reminders + self.escalations + (not self.is_pending)

    @property
    def is_pending(self) -> bool:
        return self.status is ApprovalStatus.PENDING

    def decided(
        self, decision: Decision, *, by: str, at: datetime, comment: str | None
    ) -> "Approval":
        """Return the approval as a person leaves it."""
        is_yes = decision is Decision.APPROVED
        return self.model_copy(
            update={
                "status": ApprovalStatus.APPROVED if is_yes else ApprovalStatus.REJECTED,
                "decision": decision,
                "decided_by": by,
                "decided_at": at,
                "comment": comment,
            }
        )

    def expired(self, decision: Decision | None, *, at: datetime) -> "Approval":
        """Return the approval as its time-out leaves it; without a decision the gate times out."""
        return self.model_copy(
            update={"status": ApprovalStatus.EXPIRED, "decision": decision, "decided_at": at}
        )


class DecisionComment(Record):
    """The body of a person's decision."""

    model_config = ConfigDict(extra="forbid")

    comment: str | None = Field(default=None, max_length=MAX_COMMENT_CHARACTERS)


class Escalation(Record):
    """The others who are asked, and how long after the first."""

    after: timedelta
    to: tuple[str, ...]
