"""Executions that a bulk operation is meant for: their order, filters, and what is retried."""

import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from shared.executions.bulk.selection import MAX_STATUSES, BulkFilter, Selector
from shared.executions.models import Execution, Parent, Slot, Status, Trigger
from shared.executions.store.open_executions import OpenExecutions
from tests.support.executions.index import InMemoryIndex
from tests.support.executions.repository import execution_of
from tests.support.plans import plan_of, task


class SomeOpen(OpenExecutions):
    """Executions by id, as their index has them."""

    def __init__(self, executions: dict[str, Execution]) -> None:
        self.executions = executions

    def of_flow(self, flow_id: str | None) -> Iterator[tuple[str, str]]:
        del flow_id
        # The index is read in pages, and meets again whose key has moved on meanwhile.
        return (("default", each) for each in (*self.executions, *self.executions))


def known(**fields: dict[str, Any]) -> Selector:
    """A selector over executions by id."""
    made = execution_of(plan_of(task("a")))
    found = {each: made.model_copy(update={"id": each, **more}) for each, more in fields.items()}
    return Selector(SomeOpen(found), InMemoryIndex(*found.values()))


def test_a_bulk_cancel_takes_parents_before_their_children() -> None:
    line = Slot(line="default#slots#f", limit=1)
    fields: dict[str, Any] = {
        "1": {},
        "2": {"depth": 1},
        "3": {"depth": 2},
        "4": {"slot": line.model_copy(update={"waiting": False})},
        "5": {"slot": line},
        "6": {"slot": line},
        "7": {"status": Status.FAILED},
    }

    found = known(**fields).open("default", BulkFilter(namespace="default"))

    assert found == ["6", "5", "4", "1", "2", "3"]


def test_a_list_of_statuses_has_a_bound() -> None:
    with pytest.raises(ValidationError) as refused:
        BulkFilter.model_validate({"status": ["x"] * (MAX_STATUSES + 1)})

    assert refused.value.error_count() == 1


EARLY, LATE = "01890000-0000-7000-8000-000000000001", "01990000-0000-7000-8000-000000000001"


BETWEEN = datetime(2024, 6, 1, tzinfo=UTC)


UPSTREAM = "01890000-0000-7000-8000-0000000000aa"
NARROWING: dict[str, tuple[Any, dict[str, Any]]] = {
    # What the filter says, and how an execution is that it does not mean.
    "flow_id": (UPSTREAM, {"flow_id": "theirs"}),
    "namespace": ("mine", {"namespace": "theirs"}),
    "label": ("team:red", {"labels": {"team": "blue"}}),
    "correlation_id": ("mine", {"correlation_id": "theirs"}),
    "status": (["QUEUED", "FAILED"], {"status": Status.SUCCESS}),
    "trigger_type": ("cron", {"trigger_type": "manual"}),
    "trigger_id": (UPSTREAM, {"trigger": Trigger(id="another")}),
    "parent_id": (UPSTREAM, {"parent": Parent(execution_id="another", task_name="t")}),
    "retry_of": (UPSTREAM, {"retry_of": "another"}),
    "test": (True, {"test": False}),
    "since": (BETWEEN, {"id": EARLY}),
    "until": (BETWEEN, {"id": LATE}),
}


MEANT = {
    "flow_id": UPSTREAM,
    **dict.fromkeys(("namespace", "correlation_id"), "mine"),
    "labels": {"team": "red"},
    "trigger_type": "cron",
    "test": True,
}
ORIGINS: dict[str, dict[str, Any]] = {
    "trigger_id": {"trigger": Trigger(type="cron", id=UPSTREAM)},
    "parent_id": {"parent": Parent(execution_id=UPSTREAM, task_name="t")},
    "retry_of": {"retry_of": UPSTREAM},
}
"""Where an execution is from, of which there is never more than one."""


@pytest.mark.parametrize("field", sorted(BulkFilter.model_fields))
def test_every_field_of_a_filter_leaves_out_what_it_does_not_mean(field: str) -> None:
    said, differs = NARROWING[field]
    ids = {"since": (LATE, EARLY), "until": (EARLY, LATE)}.get(field, (EARLY, LATE))
    wanted, other = ids
    meant = MEANT | ORIGINS.get(field, {})
    fields = {wanted: meant, other: {**meant, **differs}}
    chosen = BulkFilter(**{field: said})

    assert known(**fields).open("default", chosen) == [wanted]
    ended = {each: {"status": Status.FAILED, **more} for each, more in fields.items()}
    assert known(**ended).retryable("default", chosen) == [wanted]


BEFORE_IDS, LAST = datetime(1960, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "is_meant"),
    [
        ({"until": BEFORE_IDS}, False),
        ({"since": BEFORE_IDS}, True),
        ({"until": LAST}, True),
        ({"since": LAST}, False),
        ({"since": LAST, "until": BEFORE_IDS}, False),
    ],
)
def test_a_time_that_no_id_has_takes_all_or_nothing(
    said: Any,
    is_meant: bool,  # noqa: FBT001 - a case
) -> None:
    chosen, found = BulkFilter(**said), [LATE] if is_meant else []

    assert known(**{LATE: {}}).open("default", chosen) == found
    assert known(**{LATE: {"status": Status.FAILED}}).retryable("default", chosen) == found


def test_what_was_retried_under_another_correlation_id_is_not_retried_again() -> None:
    failed = {"status": Status.FAILED, "correlation_id": "day-1"}
    selector = known(
        a=failed,
        b={**failed, "flow_id": "another"},
        c={"status": Status.SUCCESS, "correlation_id": "by-hand", "retry_of": "a"},
        d={**failed, "retry_of": "b", "flow_id": "another"},
    )

    assert selector.retryable("default", BulkFilter(correlation_id="day-1")) == ["d"]


def test_a_child_that_was_retried_is_not_retried_again() -> None:
    """The retry is no child of anybody: the children's index does not have it."""
    child = ORIGINS["parent_id"] | {"status": Status.FAILED}
    selector = known(
        a=child, b=child, c={"status": Status.SUCCESS, "retry_of": "a"}, d={"status": Status.FAILED}
    )

    assert selector.retryable("default", BulkFilter(parent_id=UPSTREAM)) == ["b"]


@pytest.mark.parametrize(
    ("said", "statuses"),
    [
        (None, ()),
        ("FAILED", (Status.FAILED,)),
        (["FAILED", "TIMED_OUT"], (Status.FAILED, Status.TIMED_OUT)),
    ],
)
def test_a_body_may_name_one_status_or_several(said: Any, statuses: tuple[Status, ...]) -> None:
    assert BulkFilter.model_validate({"status": said}).wanted().statuses == statuses


@pytest.mark.parametrize("said", [[], "DONE", ["FAILED", "DONE"], "FAILED,TIMED_OUT", 1, {}])
def test_a_body_that_names_no_status_is_refused(said: Any) -> None:
    with pytest.raises(ValidationError):
        BulkFilter.model_validate({"status": said})


class LargePages(InMemoryIndex):
    """Each is read anew, with inputs of its own."""

    def find_many(
        self, tenant: str, ids: Sequence[str], *, is_summary: bool = False
    ) -> list[Execution]:
        found = super().find_many(tenant, ids, is_summary=is_summary)
        return [each.model_copy(update={"inputs": {"text": each.id * 500}}) for each in found]


def test_what_is_chosen_to_be_retried_is_not_held_in_memory() -> None:
    made = execution_of(plan_of(task("a")), status="FAILED")
    ids = [str(UUID(int=number)) for number in range(1_000)]
    executions = {each: made.model_copy(update={"id": each}) for each in ids}
    selector = Selector(SomeOpen({}), LargePages(*executions.values()))
    tracemalloc.start()
    try:
        found = selector.retryable("default", BulkFilter(namespace=made.namespace))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert found == ids
    assert most < 8_000_000  # of 18 MB
