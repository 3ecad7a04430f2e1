"""Approvals in memory, with the conditions of the table."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.people.approvals.models import Approval, ApprovalStatus
from shared.people.approvals.repository import ApprovalRepository

NOW = datetime(2026, 1, 1, tzinfo=UTC)

OnWrite = Callable[[str], None]


class InMemoryApprovals(ApprovalRepository):
    """Keeps what the table would keep; `asked` counts the writes that asked anew."""

    def __init__(self) -> None:
        self.approvals: dict[tuple[str, str], Approval | None] = {}
        self.asked = 0
        self.kept: dict[str, datetime] = {}
        """Until when each is kept, where that is known."""
        self.on_write: OnWrite = lambda _moment: None
        """Called `before` and `after` each write."""

    @property
    def all(self) -> list[Approval]:
        return [each for each in self.approvals.values() if each]

    def only(self) -> Approval:
        [approval] = self.all
        return approval

    def add(self, approval: Approval) -> bool:
        key = (approval.tenant, approval.id)
        if key in self.approvals:
            return False
        self.asked += 1
        return self._put(approval)

    def find(self, tenant: str, approval_id: str) -> Approval | None:
        return self.approvals.get((tenant, approval_id))

    def expire(self, expired: Approval) -> bool:
        return self.replace(expired)

    def remind(self, approval: Approval, reminded: Approval) -> bool:
        current = self.find(approval.tenant, approval.id)
        counts = current and (current.reminders, current.escalations)
        return counts == (approval.reminders, approval.escalations) and self.replace(reminded)

    def close(self, tenant: str, approval_id: str, *, at: datetime) -> bool:
        key = (tenant, approval_id)
        current = self.approvals.setdefault(key, None)
        if current is None:
            return True
        closed = {"status": ApprovalStatus.CANCELLED, "decided_at": at}
        return self.replace(current.model_copy(update=closed))

    def keep_until(self, tenant: str, approval_id: str, *, at: datetime) -> None:
        if (tenant, approval_id) in self.approvals:
            self.kept[approval_id] = at

    def replace(self, approval: Approval) -> bool:
        """Write an approval if the one that is there is PENDING."""
        key = (approval.tenant, approval.id)
        current = self.approvals.get(key)
        if current is None or not current.is_pending:
            return False
        return self._put(approval)

    def _put(self, approval: Approval) -> bool:
        self.on_write("before")
        self.approvals[approval.tenant, approval.id] = approval
        self.on_write("after")
        return True


def approval(number: int = 1, **fields: Any) -> Approval:
    return Approval(
        tenant="default",
        id=f"01890000-0000-7000-8000-{number:012}",
        execution_id="e",
        flow_id="f",
        task_name="g",
        message="Go?",
        requested_at=NOW + timedelta(seconds=number),
        **fields,
    )
