"""Approvals keep the same promises in their table and in the memory that stands for it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from shared.people.approvals.models import Approval, ApprovalStatus, Decision
from shared.people.approvals.repository import ApprovalRepository
from tests.support.approvals import InMemoryApprovals
from tests.support.clocks import SetClock

if TYPE_CHECKING:
    from tests.support.tables import Tables

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture(params=["table", "memory"])
def approvals(request: pytest.FixtureRequest, clock: SetClock) -> Any:
    if request.param == "memory":
        return InMemoryApprovals(clock)
    tables: Tables = request.getfixturevalue("tables")
    return ApprovalRepository(tables.table("APPROVALS_TABLE_NAME"), clock)


@pytest.fixture
def asked(approvals: ApprovalRepository) -> Approval:
    approval = Approval(
        tenant="default",
        id="01890000-0000-7000-8000-000000000001",
        execution_id="e",
        flow_id="f",
        task_name="g",
        message="Go?",
        approvers=("ops",),
        requested_at=NOW,
        expires_at=NOW + timedelta(hours=1),
    )
    assert approvals.add(approval)
    return approval


def test_what_is_asked_again_is_asked_once(approvals: ApprovalRepository, asked: Approval):
    other = asked.model_copy(update={"message": "Again?"})

    assert not approvals.add(other)
    assert approvals.find("default", asked.id) == asked
    assert approvals.find("default", "unknown") is None


def test_what_was_closed_before_it_was_asked_stays_closed(
    approvals: ApprovalRepository, asked: Approval
):
    late = asked.model_copy(update={"id": "01890000-0000-7000-8000-000000000002"})
    assert approvals.close("default", late.id, at=NOW)

    assert not approvals.add(late)
    assert approvals.find("default", late.id) is None


def expired(decision: Decision | None) -> Callable[[ApprovalRepository, Approval], bool]:
    return lambda approvals, asked: approvals.expire(asked.expired(decision, at=NOW))


def reminded(approvals: ApprovalRepository, asked: Approval) -> bool:
    return approvals.remind(asked, asked.model_copy(update={"reminders": 1}))


def closed(approvals: ApprovalRepository, asked: Approval) -> bool:
    return approvals.close(asked.tenant, asked.id, at=NOW)


@pytest.mark.parametrize("first", [expired(None), expired(Decision.APPROVED), closed])
@pytest.mark.parametrize("second", [expired(Decision.REJECTED), reminded, closed])
def test_only_what_is_pending_changes(
    first: Any, second: Any, approvals: ApprovalRepository, asked: Approval
):
    assert first(approvals, asked)
    before = approvals.find("default", asked.id)

    assert not second(approvals, asked)

    assert before
    assert before == approvals.find("default", asked.id)
    assert before.status is not ApprovalStatus.PENDING


def test_a_reminder_is_counted_once(approvals: ApprovalRepository, asked: Approval):
    assert reminded(approvals, asked)
    assert not reminded(approvals, asked)

    stored = approvals.find("default", asked.id)
    assert stored
    assert (stored.reminders, stored.approvers) == (1, ("ops",))
    escalated = stored.model_copy(update={"escalations": 1, "approvers": ("ops", "boss")})
    assert approvals.remind(stored, escalated)
    assert approvals.find("default", asked.id) == escalated


def test_an_expiry_leaves_what_was_counted_meanwhile(
    approvals: ApprovalRepository, asked: Approval
):
    assert reminded(approvals, asked)

    assert expired(Decision.APPROVED)(approvals, asked)

    stored = approvals.find("default", asked.id)
    assert stored
    assert (stored.reminders, stored.status) == (1, asked.expired(Decision.APPROVED, at=NOW).status)


def test_what_was_closed_before_it_was_asked_is_closed_once(approvals: ApprovalRepository):
    assert approvals.close("default", "unknown", at=NOW)
    assert not approvals.close("default", "unknown", at=NOW)


@pytest.mark.parametrize("change", [expired(None), reminded])
def test_what_was_never_asked_is_not_changed(
    change: Any, approvals: ApprovalRepository, asked: Approval
):
    other = asked.model_copy(update={"id": "01890000-0000-7000-8000-000000000002"})

    assert not change(approvals, other)
    assert approvals.find("default", other.id) is None


def test_an_approval_is_gone_when_its_time_is_over(
    approvals: ApprovalRepository, asked: Approval, clock: SetClock
):
    approvals.keep_until("default", asked.id, at=NOW + timedelta(hours=1))
    approvals.keep_until("default", "unknown", at=NOW)
    assert approvals.find("default", asked.id) == asked

    clock.at += timedelta(hours=1)

    assert approvals.find("default", asked.id) is None
    assert approvals.page("default", limit=9, after=None) == ([], None)
    assert not approvals.add(asked)


def test_approvals_are_read_newest_first_in_pages(approvals: ApprovalRepository, asked: Approval):
    made = [
        asked.model_copy(update={"id": f"01890000-0000-7000-8000-00000000000{number}"})
        for number in range(1, 6)
    ]
    for each in made[1:]:
        assert approvals.add(each)
    assert approvals.add(asked.model_copy(update={"tenant": "other"}))
    newest = made[::-1]

    first, after = approvals.page("default", limit=3, after=None)
    rest, end = approvals.page("default", limit=3, after=after)

    assert (first, after) == (newest[:3], newest[2].id)
    assert (rest, end) == (newest[3:], None)
