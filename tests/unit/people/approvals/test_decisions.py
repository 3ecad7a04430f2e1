"""Decisions against a table that is busy, and lists of approvals that are read in pages."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.dynamodb import Write
from shared.errors import UnavailableError
from shared.people.approvals.decisions import DecisionRepository, DecisionResult
from shared.people.approvals.models import Approval, ApprovalStatus, Decision
from shared.people.approvals.repository import ApprovalRepository
from shared.people.approvals.service import MAX_LOOKS, ApprovalService

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NONE, FAILED, CONFLICT = "None", "ConditionalCheckFailed", "TransactionConflict"


class _CancelledError(ClientError):
    def __init__(self, *codes: str) -> None:
        reasons = [{"Code": code} for code in codes]
        super().__init__({"CancellationReasons": reasons}, "TransactWriteItems")  # type: ignore[typeddict-item]  # enough of it


class Table:
    """A table whose transactions fail as told, and then succeed."""

    name = "t"

    def __init__(self, *failures: tuple[str, ...]) -> None:
        self._failures = iter(failures)
        self.written: list[Any] = []
        self.meta: Any = self
        self.client: Any = self
        self.exceptions: Any = self
        self.TransactionCanceledException = _CancelledError

    def transact_write_items(self, **request: Any) -> None:
        codes = next(self._failures, None)
        if codes:
            raise _CancelledError(*codes)
        self.written.append(request["TransactItems"])


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


def decide(*failures: tuple[str, ...], also: Sequence[Write] = ()) -> DecisionResult:
    table: Any = Table(*failures)
    slept: list[float] = []
    decided = approval().decided(Decision.REJECTED, by="ana", at=NOW, comment="no")
    return DecisionRepository(table, table, sleep=slept.append).decide(decided, also)


def test_who_has_lost_the_key_of_a_decision_decides_nothing():
    with pytest.raises(UnavailableError):
        decide(*[(NONE, NONE, NONE, FAILED)] * 50, also=[{"Update": {"TableName": "keys"}}])


def test_a_busy_table_is_asked_again_until_it_is_enough():
    assert decide((NONE, CONFLICT, NONE), (CONFLICT, NONE, NONE)) is DecisionResult.DONE
    with pytest.raises(UnavailableError):
        decide(*[(NONE, NONE, CONFLICT)] * 50)


def test_what_stood_in_the_way_is_told_apart():
    assert decide((FAILED, NONE, NONE)) is DecisionResult.TOO_LATE
    assert decide((NONE, FAILED, NONE)) is DecisionResult.EXECUTION_ENDS
    assert decide((FAILED, FAILED, NONE)) is DecisionResult.TOO_LATE
    for strange in (("ValidationError", NONE, NONE), ()):
        with pytest.raises(_CancelledError):
            decide(strange or ("",))


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
