"""Lists of approvals, read in pages."""

from collections.abc import Sequence
from typing import Any

import pytest

from shared.auth.principal import LOCAL_PRINCIPAL, Principal, PrincipalKind, Role
from shared.errors import NotApproverError
from shared.people.approvals.models import Approval, ApprovalStatus, Decision
from shared.people.approvals.repository import ApprovalRepository
from shared.people.approvals.service import MAX_LOOKS, ApprovalService
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
            LOCAL_PRINCIPAL, status=ApprovalStatus.APPROVED, limit=1, cursor=cursor
        )
        found += page.items
        cursor, requests = page.next, requests + 1
        assert pages.reads <= requests * MAX_LOOKS

    assert found == [old]
    assert requests > 1


def test_a_page_is_filled_from_several_reads():
    statuses = [ApprovalStatus.PENDING, ApprovalStatus.REJECTED] * 4
    pages = Pages([approval(number, status=each) for number, each in enumerate(statuses)])

    page = service(pages).page(LOCAL_PRINCIPAL, status=ApprovalStatus.PENDING, limit=3, cursor=None)

    assert len(page.items) == 3
    assert pages.reads > 1


def person(name: str, role: Role, *groups: str) -> Principal:
    return Principal("default", name, PrincipalKind.USER, role, frozenset(groups))


def test_a_participant_sees_what_names_them_and_what_they_decided():
    theirs = approval(1, approvers=("ana",))
    decided = approval(2, approvers=("role:admin",), decided_by="ana")
    pages = Pages([approval(0, approvers=("bob",)), theirs, decided, approval(3)])

    page = service(pages).page(person("ana", Role.PARTICIPANT), status=None, limit=10, cursor=None)
    everything = service(pages).page(person("vic", Role.VIEWER), status=None, limit=10, cursor=None)

    assert page.items == (decided, theirs)
    assert len(everything.items) == 4


def test_nobody_decides_who_is_not_named_not_even_an_admin():
    asked = approval(0, approvers=("ana", "group:ops"))
    approvals = service(Pages([asked]))

    for caller in (person("boss", Role.ADMIN), person("ana2", Role.PARTICIPANT, "op")):
        with pytest.raises(NotApproverError):
            approvals.decide(caller, asked.id, Decision.APPROVED, comment=None)


def test_a_participant_is_not_shown_what_is_not_theirs():
    asked = approval(0, approvers=("ana",))
    approvals = service(Pages([asked]))

    assert approvals.get(person("vic", Role.VIEWER), asked.id) == asked
    assert approvals.get(person("ana", Role.PARTICIPANT), asked.id) == asked
    with pytest.raises(NotApproverError):
        approvals.get(person("bob", Role.PARTICIPANT), asked.id)
