"""The indexes of executions keep the same promises in their table and in memory."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from shared.executions.filters import ExecutionFilter, Partition
from shared.executions.models import Execution, Parent, Trigger
from shared.executions.store.indexes import ExecutionIndex
from shared.executions.store.items import execution_to_item
from tests.support.clocks import SetClock
from tests.support.executions.index import InMemoryIndex
from tests.support.executions.repository import NOW, execution_of
from tests.support.plans import plan_of, task

if TYPE_CHECKING:
    from tests.support.tables import Tables

PLAN = plan_of(task("a"))
MINE, THEIRS = "default", "another"
ALWAYS = ExecutionFilter().bounds()

Fill = Callable[..., ExecutionIndex]


def id_of(number: int) -> str:
    return f"01890000-0000-7000-8000-{number:012x}"


UPSTREAM, TRIGGER = id_of(0xAA), id_of(0xBB)
CHILD = {
    "parent": Parent(execution_id=UPSTREAM, task_name="t"),
    "trigger": Trigger(type="subflow", id=UPSTREAM),
}
RETRY = {"retryOf": UPSTREAM, "trigger": Trigger(type="retry", id=UPSTREAM)}
CAUGHT = {"trigger": Trigger(type="cron", id=TRIGGER)}


@pytest.fixture(params=["table", "memory"])
def fill(request: pytest.FixtureRequest) -> Fill:
    """Makes an index over executions, each given by its fields; ids count up from 1."""

    def filled(*fields: dict[str, Any]) -> ExecutionIndex:
        made = [
            execution_of(PLAN, id=id_of(number), **each) for number, each in enumerate(fields, 1)
        ]
        if request.param == "memory":
            return InMemoryIndex(*made)
        tables: Tables = request.getfixturevalue("tables")
        table = tables.table("EXECUTIONS_TABLE_NAME")
        for each in made:
            table.put_item(Item=execution_to_item(each))
        return ExecutionIndex(table, SetClock(NOW), lambda _seconds: None)

    return filled


def pages(index: ExecutionIndex, of: Partition, *, limit: int, **how: Any) -> Iterator[list[int]]:
    """The numbers on each page."""
    after, bounds = None, how.pop("bounds", ALWAYS)
    while True:
        ids, after = index.page_of_ids(of, bounds=bounds, limit=limit, after=after, **how)
        yield [int(each[-12:], 16) for each in ids]
        if after is None:
            return


def of(**wanted: Any) -> Partition:
    return ExecutionFilter(**wanted).partition(MINE)


@pytest.mark.parametrize(
    ("is_oldest_first", "expected"), [(False, [[5, 4], [3, 2], [1]]), (True, [[1, 2], [3, 4], [5]])]
)
def test_pages_follow_one_another_in_either_order(
    fill: Fill,
    is_oldest_first: bool,  # noqa: FBT001 - a case
    expected: list[list[int]],
):
    index = fill(*[{}] * 5)

    assert [*pages(index, of(), limit=2, is_oldest_first=is_oldest_first)] == expected
    bounds = (id_of(2), id_of(4))
    inside = [*pages(index, of(), limit=9, bounds=bounds, is_oldest_first=is_oldest_first)]
    assert inside == [[4, 3, 2][:: -1 if is_oldest_first else 1]]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"parent_id": UPSTREAM}, [2, 1]),
        ({"retry_of": UPSTREAM}, [4, 3]),
        ({"trigger_id": UPSTREAM}, [4, 3, 2, 1]),
        ({"trigger_id": TRIGGER}, [5]),
        ({"parent_id": TRIGGER}, [5]),
        ({"retry_of": TRIGGER}, []),
        ({"parent_id": id_of(0xFF)}, []),
        ({"retry_of": UPSTREAM, "flow_id": "any", "correlation_id": "any"}, [4, 3]),
    ],
)
def test_what_something_started_is_in_one_partition(fill: Fill, wanted: Any, expected: list[int]):
    """Whatever else is wanted is for the filter beside the index."""
    index = fill(CHILD, CHILD, RETRY, RETRY, CAUGHT, {}, {**CHILD, "tenant": THEIRS})

    for is_oldest_first in (False, True):
        for limit in (1, 9):
            read = pages(index, of(**wanted), limit=limit, is_oldest_first=is_oldest_first)
            found = [number for page in read for number in page]
            assert found == (sorted(expected) if is_oldest_first else expected)


def test_a_page_of_what_is_not_looked_for_is_empty_and_has_a_next(fill: Fill):
    """So many are read at once, whatever they are."""
    index = fill(RETRY, CHILD, CHILD, CHILD)

    assert [*pages(index, of(retry_of=UPSTREAM), limit=2)] == [[], [1]]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [({"flow_id": id_of(7)}, [1]), ({"correlation_id": "c"}, [2]), ({}, [3, 2, 1])],
)
def test_flows_and_correlation_ids_have_partitions_of_their_own(
    fill: Fill, wanted: Any, expected: list[int]
):
    index = fill({"flowId": id_of(7)}, {"correlationId": "c"}, {}, {"tenant": THEIRS})

    assert [*pages(index, of(**wanted), limit=9)] == [expected]


def test_a_summary_is_read_without_inputs_and_outputs(fill: Fill):
    index = fill({"inputs": {"a": "x"}, "labels": {"k": "v"}, **CHILD})

    [whole] = index.find_many(MINE, [id_of(1), id_of(2)])
    [brief] = index.find_many(MINE, [id_of(1), id_of(2)], is_summary=True)

    assert (whole.inputs, brief.inputs) == ({"a": "x"}, {})
    assert brief.model_copy(update={"inputs": whole.inputs}) == whole


def _names(found: list[Execution]) -> list[str]:
    return [each.id for each in found]


def test_executions_come_in_the_order_asked_for(fill: Fill):
    index = fill({}, {}, {"tenant": THEIRS})

    assert _names(index.find_many(MINE, [id_of(2), id_of(9), id_of(1), id_of(3)])) == [
        id_of(2),
        id_of(1),
    ]
