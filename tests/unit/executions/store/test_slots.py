"""Slots against a table that is busy, and reasons of refusals told apart."""

from typing import Any

import pytest

from shared.errors import UnavailableError
from shared.executions.store.slots import Admission, First, SlotRepository
from tests.support.executions.repository import NOW
from tests.support.transactions import CancelledError, CancellingTable

LINE = "default#slots#f"


class Table(CancellingTable):
    """A table that notes what is deleted, too."""

    def __init__(self, *failures: tuple[str, ...]) -> None:
        super().__init__(*failures)
        self.deleted: list[Any] = []

    def delete_item(self, **request: Any) -> None:
        self.deleted.append(request["Key"])


def admit(table: Any) -> Admission:
    slept: list[float] = []
    admission = SlotRepository(table, slept.append).admit(LINE, First("x", 2, 0), check_at=NOW)
    assert all(0 <= pause < 1 for pause in slept)
    return admission


NONE, FAILED, CONFLICT = "None", "ConditionalCheckFailed", "TransactionConflict"


def test_conflicts_are_tried_again_until_it_is_enough():
    assert admit(Table((CONFLICT, NONE, NONE), (NONE, CONFLICT, NONE))) is Admission.ADMITTED
    for busy in ("ThrottlingError", "ProvisionedThroughputExceeded"):
        assert admit(Table((busy, NONE, NONE))) is Admission.ADMITTED
    with pytest.raises(UnavailableError):
        admit(Table(*[(CONFLICT, NONE, NONE)] * 50))
    with pytest.raises(CancelledError):
        admit(Table(("ValidationError", NONE, NONE)))


def test_the_reason_of_a_refusal_is_told_apart():
    assert admit(Table((FAILED, NONE, NONE))) is Admission.FULL
    assert admit(Table((FAILED, FAILED, FAILED))) is Admission.GONE


def test_a_place_whose_execution_is_gone_is_removed():
    table = Table((NONE, NONE, FAILED))

    assert admit(table) is Admission.GONE
    assert table.deleted == [{"pk": LINE, "sk": "waiting#x"}]
