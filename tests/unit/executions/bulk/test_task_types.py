"""Bulk operations beside the happy path: busy stores, leftovers, and plans that hold together."""

import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest
from botocore.exceptions import ClientError

from shared.errors import UnavailableError
from shared.executions.bulk import task_types
from shared.executions.bulk.selection import BulkFilter, Selector
from shared.executions.bulk.task_types import BulkPlugins
from shared.executions.models import Execution, Slot, Status
from shared.executions.store.indexes import ExecutionIndex
from shared.executions.store.open_executions import OpenExecutions
from shared.flows.plans import built_in
from shared.plugins.sdk.plugin import Plugin, PluginError
from tests.support.executions.bench import Bench
from tests.support.executions.repository import execution_of
from tests.support.plans import plan_of, task
from tests.support.plugins import Lines, task_context

BUSY = ClientError({"Error": {"Code": "ThrottlingException"}}, "Query")
EVERY_PLAN = [built_in.CANCEL_MANY, built_in.RETRY_MANY, built_in.CLOSE_FLOW]


class Chosen(Selector):
    """Finds what a test says."""

    def __init__(self, found: list[str] | Exception) -> None:
        self.found = found

    def open(self, tenant: str, chosen: BulkFilter, up_to: str = "") -> list[str]:
        assert (tenant, chosen.namespace, up_to) == ("default", None, "g")
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


class EveryOpen(Chosen):
    """Finds the same whatever is asked for."""

    def open(self, tenant: str, chosen: BulkFilter, up_to: str = "") -> list[str]:
        del tenant, chosen, up_to
        assert isinstance(self.found, list)
        return self.found


class Cancels:
    """Refuses as a test says."""

    def __init__(self, errors: dict[str, Exception]) -> None:
        self.errors = errors
        self.cancelled: list[str] = []

    def cancel(self, _tenant: str, execution_id: str) -> None:
        if execution_id in self.errors:
            raise self.errors[execution_id]
        self.cancelled.append(execution_id)


def bulk(found: Any = (), cancels: Any = None) -> BulkPlugins:
    nothing: Any = None
    return BulkPlugins(Chosen(found), nothing, cancels, nothing)


def run(made: BulkPlugins, name: str, outputs: Any = None, **properties: Any) -> Any:
    plugin = made.find(name)
    assert plugin
    assert plugin.run
    return plugin.run(properties, task_context(log=Lines(), outputs=outputs or {}))


def test_what_is_more_than_one_operation_takes_is_left_over() -> None:
    ids = [f"{number:06}" for number in range(task_types.MAX_EXECUTIONS + 30)]

    chosen = run(bulk(ids), "executions.open", filter={"flowId": "f"})

    assert (chosen["matched"], chosen["left"]) == (task_types.MAX_EXECUTIONS + 30, 30)
    assert [each for batch in chosen["batches"] for each in batch] == ids[
        : task_types.MAX_EXECUTIONS
    ]
    outputs = {"choose": chosen, "each": {"results": []}}
    with pytest.raises(PluginError, match="30 are left over") as raised:
        run(bulk(), "executions.report", outputs, chosenBy={"each": "choose"})
    assert raised.value.code == "bulk_incomplete"


@pytest.mark.parametrize("error", [BUSY, UnavailableError("busy")])
def test_a_busy_platform_is_tried_again_as_a_failed_attempt(error: Exception) -> None:
    cancels = Cancels({"b": error})

    with pytest.raises(PluginError) as choosing:
        run(bulk(error), "executions.open", filter={})
    outputs = {"choose": {"batches": [["z"], ["a", "b", "c"]]}}
    with pytest.raises(PluginError) as acting:
        run(bulk(cancels=cancels), "executions.cancel", outputs, chosenBy="choose", batch=1)

    assert [choosing.value.code, acting.value.code] == ["unavailable"] * 2
    assert cancels.cancelled == ["a"]


class BulkBench(Bench):
    """Runs a built-in plan with plugins of a test's own."""

    def __init__(self, flow_id: str, made: BulkPlugins, **inputs: Any) -> None:
        self.made = made
        super().__init__(built_in.plan_of(flow_id, built_in.REVISION), inputs=inputs)

    def find_plugin(self, name: str) -> Plugin | None:
        return self.made.find(name)


def test_all_that_one_operation_takes_gets_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their ids are more than a template yields, and so is what became of them."""
    monkeypatch.setattr(task_types, "BATCH", task_types.MAX_EXECUTIONS // 10)
    ids = [str(UUID(int=number)) for number in range(task_types.MAX_EXECUTIONS)]
    cancels = Cancels({})
    nothing: Any = None
    made = BulkPlugins(EveryOpen(ids), nothing, cast("Any", cancels), nothing)
    bench = BulkBench(built_in.CANCEL_MANY, made, filter={"flowId": "f"})

    assert bench.run().status is Status.SUCCESS

    assert bench.now.outputs
    assert bench.now.outputs["done"] == len(ids)
    assert sorted(cancels.cancelled) == ids


class SomeOpen(OpenExecutions):
    """Executions by id, as their index has them."""

    def __init__(self, executions: dict[str, Execution]) -> None:
        self.executions = executions

    def of_flow(self, flow_id: str | None) -> Iterator[tuple[str, str]]:
        del flow_id
        # The index is read in pages, and meets again whose key has moved on meanwhile.
        return (("default", each) for each in (*self.executions, *self.executions))


class SomePages(ExecutionIndex):
    """The same executions, as their table has them."""

    def __init__(self, executions: dict[str, Execution]) -> None:
        self.executions = executions

    def page_of_ids(
        self, index: Any, value: str, *, bounds: tuple[str, str], limit: int, after: str | None
    ) -> tuple[list[str], bool]:
        low, high = bounds
        found = [
            each.id
            for each in sorted(self.executions.values(), key=lambda each: each.id, reverse=True)
            if low <= each.id <= min(high, after or high)
            and each.id != after
            and value in {"default", f"default#{each.flow_id}", f"default#{each.correlation_id}"}
        ]
        assert index in {"recent", "by-flow", "by-correlation"}
        return found[:limit], len(found) > limit

    def find_many(self, tenant: str, ids: Sequence[str]) -> list[Execution]:
        assert tenant == "default"
        assert len(set(ids)) == len(ids), "DynamoDB refuses a key that is asked for twice"
        return [self.executions[each] for each in ids]


def known(**fields: dict[str, Any]) -> Selector:
    """A chooser over executions by id."""
    made = execution_of(plan_of(task("a")))
    found = {each: made.model_copy(update={"id": each, **more}) for each, more in fields.items()}
    return Selector(SomeOpen(found), SomePages(found))


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


EARLY, LATE = "01890000-0000-7000-8000-000000000001", "01990000-0000-7000-8000-000000000001"
BETWEEN = datetime(2024, 6, 1, tzinfo=UTC)
NARROWING: dict[str, tuple[Any, dict[str, Any]]] = {
    # What the filter says, and how an execution is that it does not mean.
    "flow_id": ("mine", {"flow_id": "theirs"}),
    "namespace": ("mine", {"namespace": "theirs"}),
    "label": ("team:red", {"labels": {"team": "blue"}}),
    "correlation_id": ("mine", {"correlation_id": "theirs"}),
    "since": (BETWEEN, {"id": EARLY}),
    "until": (BETWEEN, {"id": LATE}),
}
MEANT = {
    **dict.fromkeys(("flow_id", "namespace", "correlation_id"), "mine"),
    "labels": {"team": "red"},
}


@pytest.mark.parametrize("field", sorted(set(BulkFilter.model_fields) - {"status"}))
def test_every_field_of_a_filter_leaves_out_what_it_does_not_mean(field: str) -> None:
    said, differs = NARROWING[field]
    ids = {"since": (LATE, EARLY), "until": (EARLY, LATE)}.get(field, (EARLY, LATE))
    wanted, other = ids
    fields = {wanted: MEANT, other: {**MEANT, **differs}}
    chosen = BulkFilter(**{field: said})

    assert known(**fields).open("default", chosen) == [wanted]
    ended = {each: {**more, "status": Status.FAILED} for each, more in fields.items()}
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
    chooser = known(
        a=failed,
        b={**failed, "flow_id": "another"},
        c={"status": Status.SUCCESS, "correlation_id": "by-hand", "retry_of": "a"},
        d={**failed, "retry_of": "b", "flow_id": "another"},
    )

    assert chooser.retryable("default", BulkFilter(correlation_id="day-1")) == ["d"]


class LargePages(SomePages):
    """Each is read anew, with inputs of its own."""

    def find_many(self, tenant: str, ids: Sequence[str]) -> list[Execution]:
        found = super().find_many(tenant, ids)
        return [each.model_copy(update={"inputs": {"text": each.id * 500}}) for each in found]


def test_what_is_chosen_to_be_retried_is_not_held_in_memory() -> None:
    made = execution_of(plan_of(task("a")), status="FAILED")
    ids = [str(UUID(int=number)) for number in range(1_000)]
    executions = {each: made.model_copy(update={"id": each}) for each in ids}
    chooser = Selector(SomeOpen({}), LargePages(executions))
    tracemalloc.start()
    try:
        found = chooser.retryable("default", BulkFilter(namespace=made.namespace))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert found == ids
    assert most < 8_000_000  # of 18 MB


def test_what_the_catalog_does_not_hold_is_not_found() -> None:
    assert bulk().find("executions.unknown") is None


@pytest.mark.parametrize("flow_id", EVERY_PLAN)
def test_a_built_in_plan_names_tasks_and_types_that_are_there(flow_id: str) -> None:
    plan = built_in.plan_of(flow_id, built_in.REVISION)

    names = [planned.task.name for planned in plan.tasks]
    assert len(set(names)) == len(names)
    for planned in plan.tasks:
        assert {each.name for each in planned.predecessors} <= set(names)
        kind = planned.task.type
        assert kind.startswith("flow.") or bulk().find(kind), kind


def test_a_built_in_flow_that_is_not_there_is_an_error() -> None:
    with pytest.raises(LookupError):
        built_in.plan_of(built_in.CANCEL_MANY, 99)
