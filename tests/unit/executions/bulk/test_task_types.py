"""Bulk operations beside the happy path: busy stores, leftovers, and plans that hold together."""

from typing import Any, cast
from uuid import UUID

import pytest
from botocore.exceptions import ClientError

from shared.errors import UnavailableError
from shared.executions.bulk import task_types
from shared.executions.bulk.selection import BulkFilter, Selector
from shared.executions.bulk.task_types import BulkPlugins
from shared.executions.models import Status
from shared.flows.plans import built_in
from shared.plugins.sdk.plugin import Plugin, PluginError
from tests.support.errors import refusal
from tests.support.executions.bench import Bench
from tests.support.plugins import Lines, task_context

BUSY = ClientError({"Error": {"Code": "ThrottlingException"}}, "Query")


FLOW = "01890000-0000-7000-8000-0000000000ff"
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

    chosen = run(bulk(ids), "executions.open", filter={"flowId": FLOW})

    assert (chosen["matched"], chosen["left"]) == (task_types.MAX_EXECUTIONS + 30, 30)
    assert [each for batch in chosen["batches"] for each in batch] == ids[
        : task_types.MAX_EXECUTIONS
    ]
    outputs = {"choose": chosen, "each": {"results": []}}
    with refusal(PluginError, match="30 are left over") as raised:
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
    bench = BulkBench(built_in.CANCEL_MANY, made, filter={"flowId": FLOW})

    assert bench.run().status is Status.SUCCESS

    assert bench.now.outputs
    assert bench.now.outputs["done"] == len(ids)
    assert sorted(cancels.cancelled) == ids


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
