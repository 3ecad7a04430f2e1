"""Decisions against a table that is busy."""

from collections.abc import Sequence
from typing import Any

import pytest

from shared.dynamodb import Write
from shared.errors import UnavailableError
from shared.people.approvals.decisions import DecisionRepository, DecisionResult
from shared.people.approvals.models import Decision
from tests.support.approvals import NOW, approval
from tests.support.transactions import CancelledError, CancellingTable

NONE, FAILED, CONFLICT = "None", "ConditionalCheckFailed", "TransactionConflict"


def decide(*failures: tuple[str, ...], also: Sequence[Write] = ()) -> DecisionResult:
    table: Any = CancellingTable(*failures)
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
        with pytest.raises(CancelledError):
            decide(strange or ("",))
