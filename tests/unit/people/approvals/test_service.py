"""Lists of approvals, read in pages."""

from collections.abc import Sequence
from typing import Any

import pytest

from shared.auth.principal import LOCAL_PRINCIPAL, Principal, PrincipalKind, Role
from shared.dynamodb import Write
from shared.errors import ApprovalDecidedError, NotApproverError, PreconditionFailedError
from shared.executions.orchestration.wakeups import Waker
from shared.people.approvals.decisions import DecisionRepository, DecisionResult
from shared.people.approvals.models import Approval, ApprovalStatus, Decision
from shared.people.approvals.repository import ApprovalRepository
from shared.people.approvals.service import MAX_LOOKS, ApprovalService, DecisionRequest
from tests.support.approvals import NOW, approval


class Pages(ApprovalRepository):
    """Approvals, newest first, and how often a page of them was read."""

    def __init__(self, approvals: Sequence[Approval]) -> None:
        self.approvals = sorted(approvals, key=lambda each: each.id, reverse=True)
        self.reads = 0

    def find(self, tenant: str, approval_id: str) -> Approval | None:
        assert tenant == "default"
        return next((each for each in self.approvals if each.id == approval_id), None)

    def page(
        self, tenant: str, *, limit: int, after: str | None
    ) -> tuple[list[Approval], str | None]:
        assert tenant == "default"
        self.reads += 1
        rest = [each for each in self.approvals if after is None or each.id < after]
        return rest[:limit], rest[limit - 1].id if len(rest) > limit else None


def service(pages: Pages) -> ApprovalService:
    nobody: Any = None
    return ApprovalService(approvals=pages, decisions=nobody, waker=nobody, now=lambda: NOW)


def test_a_filter_that_finds_little_reads_a_bounded_number_of_pages():
    old = approval(0, status=ApprovalStatus.APPROVED)
    pages = Pages([old, *(approval(number) for number in range(1, 30))])
    found: list[Approval] = []
    cursor, requests = None, 0
    while requests == 0 or cursor:
        page = service(pages).page(
            LOCAL_PRINCIPAL, statuses={ApprovalStatus.APPROVED}, limit=1, cursor=cursor
        )
        found += page.items
        cursor, requests = page.next, requests + 1
        assert pages.reads <= requests * MAX_LOOKS

    assert found == [old]
    assert requests > 1


def test_a_page_is_filled_from_several_reads():
    statuses = [ApprovalStatus.PENDING, ApprovalStatus.REJECTED] * 4
    pages = Pages([approval(number, status=each) for number, each in enumerate(statuses)])

    page = service(pages).page(
        LOCAL_PRINCIPAL, statuses={ApprovalStatus.PENDING}, limit=3, cursor=None
    )

    assert len(page.items) == 3
    assert pages.reads > 1


def person(name: str, role: Role, *groups: str) -> Principal:
    return Principal("default", name, PrincipalKind.USER, role, frozenset(groups))


def test_a_participant_sees_what_names_them_and_what_they_decided():
    theirs = approval(1, approvers=("ana",))
    decided = approval(2, approvers=("role:admin",), decided_by="ana")
    pages = Pages([approval(0, approvers=("bob",)), theirs, decided, approval(3)])

    page = service(pages).page(person("ana", Role.PARTICIPANT), limit=10, cursor=None)
    everything = service(pages).page(person("vic", Role.VIEWER), limit=10, cursor=None)

    assert page.items == (decided, theirs)
    assert len(everything.items) == 4


def test_nobody_decides_who_is_not_named_not_even_an_admin():
    asked = approval(0, approvers=("ana", "group:ops"))
    approvals = service(Pages([asked]))

    for caller in (person("boss", Role.ADMIN), person("ana2", Role.PARTICIPANT, "op")):
        with pytest.raises(NotApproverError):
            approvals.decide(caller, asked.id, DecisionRequest(Decision.APPROVED))


def test_a_participant_is_not_shown_what_is_not_theirs():
    asked = approval(0, approvers=("ana",))
    approvals = service(Pages([asked]))

    assert approvals.get(person("vic", Role.VIEWER), asked.id) == asked
    assert approvals.get(person("ana", Role.PARTICIPANT), asked.id) == asked
    with pytest.raises(NotApproverError):
        approvals.get(person("bob", Role.PARTICIPANT), asked.id)


class Decisions(DecisionRepository):
    """Decides as a test says, after what happens meanwhile."""

    def __init__(self, pages: Pages, meanwhile: Approval | None = None) -> None:
        self._pages = pages
        self._meanwhile = meanwhile
        self.asked_as_read: list[bool] = []

    def decide(
        self, decided: Approval, also: Sequence[Write] = (), *, is_as_read: bool = False
    ) -> DecisionResult:
        del also
        self.asked_as_read.append(is_as_read)
        if self._meanwhile is None:
            self._pages.approvals = [decided]
            return DecisionResult.DONE
        self._pages.approvals = [self._meanwhile]
        return DecisionResult.TOO_LATE


class Sleeper(Waker):
    """Wakes nobody."""

    def __init__(self) -> None:
        """There is no queue."""

    def wake(self, tenant: str, execution_id: str) -> bool:
        """Let it sleep."""
        del tenant, execution_id
        return False


def decided_by(meanwhile: Approval | None, if_match: str | None) -> Decisions:
    """What was asked of the store for a decision of an approval that was reminded of twice."""
    pages = Pages([approval(0, reminders=2)])
    decisions = Decisions(pages, meanwhile)
    made = ApprovalService(approvals=pages, decisions=decisions, waker=Sleeper(), now=lambda: NOW)
    wanted = DecisionRequest(Decision.APPROVED, if_match=if_match)
    made.decide(LOCAL_PRINCIPAL, approval(0).id, wanted)
    return decisions


@pytest.mark.parametrize(
    ("if_match", "is_as_read"), [(None, False), ("*", False), ('"3"', True), ('"2", "3"', True)]
)
def test_a_decision_on_what_was_read_goes_through(
    if_match: str | None,
    is_as_read: bool,  # noqa: FBT001 - a case
):
    assert decided_by(None, if_match).asked_as_read == [is_as_read]


@pytest.mark.parametrize("if_match", ['"2"', 'W/"3"', ""])
def test_a_decision_on_another_state_is_refused(if_match: str):
    with pytest.raises(PreconditionFailedError):
        decided_by(None, if_match)


@pytest.mark.parametrize(
    ("if_match", "meanwhile", "refused"),
    [
        ('"3"', approval(0, reminders=3), PreconditionFailedError),
        ('"3"', approval(0, reminders=2, status=ApprovalStatus.EXPIRED), PreconditionFailedError),
        ("*", approval(0, reminders=2, status=ApprovalStatus.EXPIRED), ApprovalDecidedError),
        (None, approval(0, reminders=2, status=ApprovalStatus.REJECTED), ApprovalDecidedError),
    ],
)
def test_what_changes_in_between_is_told(if_match: str, meanwhile: Approval, refused: Any):
    with pytest.raises(refused):
        decided_by(meanwhile, if_match)


def test_each_write_of_an_approval_raises_its_version():
    states = [
        approval(0),
        approval(0, reminders=1),
        approval(0, reminders=1, escalations=1),
        approval(0, reminders=1, escalations=1, status=ApprovalStatus.CANCELLED),
    ]

    assert [each.version for each in states] == [1, 2, 3, 4]
