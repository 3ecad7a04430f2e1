"""Transactions that are refused or busy, batches that are read in parts, queries to the end."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from shared.dynamodb import (
    MAX_KEYS,
    MAX_PAUSE_SECONDS,
    TRIES,
    Reason,
    Write,
    batch_get,
    delete,
    named,
    put,
    query_all,
    transact,
    transact_once,
)
from shared.errors import UnavailableError
from tests.support.transactions import CancelledError, CancellingTable

NONE, FAILED, CONFLICT = "None", "ConditionalCheckFailed", "TransactionConflict"
BUSY = [CONFLICT, "ThrottlingError", "ProvisionedThroughputExceeded"]
WRITES: dict[str, Write] = {
    "a": {"Put": {"Item": {"pk": "1"}}},
    "b": {"Delete": {"TableName": "u", "Key": {}}},
}


class Table(CancellingTable):
    """A table that answers reads as told, too."""

    def __init__(self, *failures: Sequence[str], answers: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(*failures)
        self._answers = iter(answers)

    def batch_get_item(self, **request: Any) -> Mapping[str, Any]:
        self.requests.append(request["RequestItems"])
        return next(self._answers)

    def query(self, **query: Any) -> Mapping[str, Any]:
        self.requests.append(query)
        return next(self._answers)


def transacted(table: Any, slept: list[float] | None = None) -> frozenset[str]:
    return transact(table, WRITES, sleep=(lambda _: None) if slept is None else slept.append)


def test_writes_go_out_in_their_order_to_the_table_or_to_the_one_they_name() -> None:
    table = Table()

    assert transacted(table) == frozenset()
    assert table.requests == [
        [
            {"Put": {"TableName": "t", "Item": {"pk": "1"}}},
            {"Delete": {"TableName": "u", "Key": {}}},
        ]
    ]


def test_the_writes_whose_condition_failed_are_named() -> None:
    assert transacted(Table([NONE, FAILED])) == {"b"}
    assert transacted(Table([FAILED, FAILED])) == {"a", "b"}


def test_a_condition_that_failed_counts_whatever_else_was_in_the_way() -> None:
    table = Table([CONFLICT, FAILED])

    assert transacted(table) == {"b"}
    assert len(table.requests) == 1


@pytest.mark.parametrize("code", BUSY)
def test_what_is_busy_is_tried_again_after_a_pause(code: str) -> None:
    table, slept = Table([code, NONE], [NONE, code]), list[float]()

    assert transacted(table, slept) == frozenset()
    assert len(table.requests) == 3
    assert len(slept) == 2
    assert all(0 <= pause < MAX_PAUSE_SECONDS for pause in slept)


def test_what_stays_busy_is_given_up() -> None:
    table: Any = Table(*[[CONFLICT, NONE]] * 50)

    with pytest.raises(UnavailableError):
        transacted(table)
    assert len(table.requests) == TRIES
    with pytest.raises(UnavailableError):
        transact(table, WRITES, tries=3, sleep=lambda _: None)
    assert len(table.requests) == TRIES + 3


@pytest.mark.parametrize("codes", [["ValidationError", NONE], [NONE, NONE], []])
def test_what_no_repeat_can_mend_is_raised(codes: list[str]) -> None:
    table = Table(codes)

    with pytest.raises(CancelledError):
        transacted(table)
    assert len(table.requests) == 1


def test_what_no_repeat_can_mend_is_raised_beside_what_passes() -> None:
    table = Table([CONFLICT, "ValidationError"])

    with pytest.raises(CancelledError):
        transacted(table)
    assert len(table.requests) == 1


def test_one_try_tells_each_reason_by_the_name_of_its_write() -> None:
    for code in BUSY:
        table: Any = Table([FAILED, code])
        assert transact_once(table, WRITES) == {"a": Reason.CONDITION, "b": Reason(code)}
        assert len(table.requests) == 1
    nothing: Any = Table()
    assert transact_once(nothing, WRITES) == {}


def test_further_writes_get_names_of_their_own() -> None:
    put, delete = WRITES["a"], WRITES["b"]

    assert list(named("also", [put, delete]).values()) == [put, delete]
    assert list(WRITES | named("also", [put, put])) == ["a", "b", "also 0", "also 1"]
    assert named("also", ()) == {}


def of_table(*items: int, unread: Sequence[int] = ()) -> Mapping[str, Any]:
    left = {"t": {"Keys": [{"pk": each} for each in unread]}} if unread else {}
    return {"Responses": {"t": [{"pk": each} for each in items]}, "UnprocessedKeys": left}


def test_keys_left_unprocessed_are_asked_for_again_after_a_pause() -> None:
    answers = [of_table(1, unread=[2, 3]), of_table(unread=[2, 3]), of_table(2, 3)]
    table: Any = Table(answers=answers)
    slept: list[float] = []

    read = list(batch_get(table, [{"pk": each} for each in (1, 2, 3)], sleep=slept.append))

    assert read == [{"pk": 1}, {"pk": 2}, {"pk": 3}]
    asked = [[key["pk"] for key in request["t"]["Keys"]] for request in table.requests]
    assert asked == [[1, 2, 3], [2, 3], [2, 3]]
    assert len(slept) == 2
    assert all(0 <= pause < MAX_PAUSE_SECONDS for pause in slept)


def test_keys_that_nothing_is_answered_for_are_given_up() -> None:
    table: Any = Table(answers=[of_table(unread=[1])] * 50)

    with pytest.raises(UnavailableError):
        list(batch_get(table, [{"pk": 1}], sleep=lambda _: None))
    assert len(table.requests) == TRIES


def test_many_keys_are_read_in_batches_without_a_pause() -> None:
    table: Any = Table(answers=[of_table(1), of_table(), of_table(2)])
    slept: list[float] = []
    keys = [{"pk": number} for number in range(2 * MAX_KEYS + 1)]

    read = list(batch_get(table, keys, consistent=True, sleep=slept.append))

    assert read == [{"pk": 1}, {"pk": 2}]
    assert [len(request["t"]["Keys"]) for request in table.requests] == [MAX_KEYS, MAX_KEYS, 1]
    assert all(request["t"]["ConsistentRead"] for request in table.requests)
    assert slept == []
    assert list(batch_get(table, [])) == []


def page(*items: int, last: int | None = None) -> Mapping[str, Any]:
    more = {} if last is None else {"LastEvaluatedKey": {"pk": last}}
    return {"Items": [{"pk": each} for each in items], **more}


def test_a_query_goes_on_where_its_last_page_ended() -> None:
    table: Any = Table(answers=[page(1, 2, last=2), page(last=3), page(4)])

    assert [item["pk"] for item in query_all(table, IndexName="open")] == [1, 2, 4]
    assert table.requests == [
        {"IndexName": "open"},
        {"IndexName": "open", "ExclusiveStartKey": {"pk": 2}},
        {"IndexName": "open", "ExclusiveStartKey": {"pk": 3}},
    ]


def test_a_limited_query_reads_no_more_than_is_left() -> None:
    table: Any = Table(answers=[page(1, 2, last=2), page(3, last=3)])

    assert [item["pk"] for item in query_all(table, limit=3)] == [1, 2, 3]
    assert [request["Limit"] for request in table.requests] == [3, 1]


def test_a_limited_query_ends_where_there_is_no_more() -> None:
    table: Any = Table(answers=[page(1)])

    assert [item["pk"] for item in query_all(table, limit=3)] == [1]


def test_a_query_reads_a_page_only_when_somebody_wants_it() -> None:
    table: Any = Table(answers=[page(1, last=1)])

    assert next(query_all(table)) == {"pk": 1}
    assert len(table.requests) == 1


def test_writes_have_a_condition_only_where_there_is_one():
    key = {"pk": "a"}

    assert put(key) == {"Put": {"Item": key}}
    assert delete(key, "version = :v", {":v": 1}) == {
        "Delete": {
            "Key": key,
            "ConditionExpression": "version = :v",
            "ExpressionAttributeValues": {":v": 1},
        }
    }
