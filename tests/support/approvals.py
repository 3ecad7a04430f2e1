"""Approvals in memory, with the conditions of the table."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.people.approvals.items import approval_from_item, approval_to_item
from shared.people.approvals.models import Approval, ApprovalStatus
from shared.people.approvals.repository import ApprovalRepository

NOW = datetime(2026, 1, 1, tzinfo=UTC)

OnWrite = Callable[[str], None]


class InMemoryApprovals(ApprovalRepository):
    """Keeps what the table would keep; `asked` counts the writes that asked anew."""

    def __init__(self, now: Callable[[], datetime] = lambda: NOW) -> None:
        self._now = now
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
        kept = self.kept.get(approval_id)
        is_over = kept and int(kept.timestamp()) <= self._now().timestamp()
        return None if is_over else self.approvals.get((tenant, approval_id))

    def expire(self, expired: Approval) -> bool:
        decided = {"status": expired.status, "decided_at": expired.decided_at}
        said = {"decision": expired.decision} if expired.decision else {}
        return self._change(expired, decided | said)

    def remind(self, approval: Approval, reminded: Approval) -> bool:
        current = self.find(approval.tenant, approval.id)
        counts = current and (current.reminders, current.escalations)
        if counts != (approval.reminders, approval.escalations):
            return False
        names = ("reminders", "escalations", "approvers")
        return self._change(reminded, {name: getattr(reminded, name) for name in names})

    def close(self, tenant: str, approval_id: str, *, at: datetime) -> bool:
        key = (tenant, approval_id)
        if key not in self.approvals:
            self.approvals[key] = None
            return True
        current = self.approvals[key]
        closed = {"status": ApprovalStatus.CANCELLED, "decided_at": at}
        return current is not None and self._change(current, closed)

    def keep_until(self, tenant: str, approval_id: str, *, at: datetime) -> None:
        if (tenant, approval_id) in self.approvals:
            self.kept[approval_id] = at

    def page(
        self, tenant: str, *, limit: int, after: str | None
    ) -> tuple[list[Approval], str | None]:
        ids = sorted((each.id for each in self.all if each.tenant == tenant), reverse=True)
        rest = [each for each in ids if after is None or each < after]
        found = (self.find(tenant, each) for each in rest[:limit])
        return [each for each in found if each], rest[limit - 1] if len(rest) > limit else None

    def replace(self, approval: Approval) -> bool:
        """Write an approval if the one that is there is PENDING, as whoever decides does."""
        return self._change(approval, dict(approval))

    def _change(self, approval: Approval, changes: Mapping[str, Any]) -> bool:
        """Change an approval if the one that is there is PENDING."""
        current = self.approvals.get((approval.tenant, approval.id))
        if current is None or not current.is_pending:
            return False
        return self._put(current.model_copy(update=changes))

    def _put(self, approval: Approval) -> bool:
        self.on_write("before")
        stored = approval_from_item(approval_to_item(approval), self._now())
        self.approvals[approval.tenant, approval.id] = stored
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
