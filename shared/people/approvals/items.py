"""An approval's item: one per approval, found by its id, listed by its tenant."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.people.approvals.models import Approval
from shared.times import from_rfc3339

_TIMES = ("requestedAt", "expiresAt", "decidedAt")
_NUMBERS = ("reminders", "escalations")


def approval_key(tenant: str, approval_id: str) -> dict[str, str]:
    return {"pk": f"{tenant}#{approval_id}"}


def approval_to_item(approval: Approval) -> dict[str, Any]:
    """Return the item; empty values are left out."""
    fields = approval.model_dump(mode="json", by_alias=True, exclude_none=True)
    kept = {name: value for name, value in fields.items() if value not in (0, [])}
    return {
        **approval_key(approval.tenant, approval.id), "recentOf": approval.tenant, **kept
    }  # fmt: skip


def approval_from_item(item: Mapping[str, Any], now: datetime) -> Approval | None:
    """Return the approval; None if it was closed before it was asked, or has expired."""
    if "id" not in item or int(item.get("removeAt", now.timestamp() + 1)) <= now.timestamp():
        return None
    times = {name: from_rfc3339(item[name]) for name in _TIMES if name in item}
    numbers = {name: int(item[name]) for name in _NUMBERS if name in item}
    tenant = item["pk"].rpartition("#")[0]
    return Approval.model_validate({**item, **times, **numbers, "tenant": tenant})
