"""Decisions against a table that is busy."""

from collections.abc import Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.dynamodb import Write
from shared.errors import UnavailableError
from shared.people.approvals.decisions import DecisionRepository, DecisionResult
from shared.people.approvals.models import Decision
from tests.support.approvals import NOW, approval

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
