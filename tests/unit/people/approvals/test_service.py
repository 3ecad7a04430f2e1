"""Lists of approvals, read in pages."""

from collections.abc import Sequence
from typing import Any

from shared.people.approvals.models import Approval, ApprovalStatus
from shared.people.approvals.repository import ApprovalRepository
from shared.people.approvals.service import MAX_LOOKS, ApprovalService
from tests.support.approvals import NOW, approval


class Pages(ApprovalRepository):
    """Approvals, newest first, and how often a page of them was read."""

    def __init__(self, approvals: Sequence[Approval]) -> None:
        self.approvals = sorted(approvals, key=lambda each: each.id, reverse=True)
        self.reads = 0

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
            "default", status=ApprovalStatus.APPROVED, limit=1, cursor=cursor
        )
        found += page.items
        cursor, requests = page.next, requests + 1
        assert pages.reads <= requests * MAX_LOOKS

    assert found == [old]
    assert requests > 1


def test_a_page_is_filled_from_several_reads():
    statuses = [ApprovalStatus.PENDING, ApprovalStatus.REJECTED] * 4
    pages = Pages([approval(number, status=each) for number, each in enumerate(statuses)])

    page = service(pages).page("default", status=ApprovalStatus.PENDING, limit=3, cursor=None)

    assert len(page.items) == 3
    assert pages.reads > 1
