"""Turns whose own evaluations never end: recorded as failed, once, then the process ends."""

from typing import Any

import pytest

from shared.executions.models import Status
from shared.flows.plans.plan import Plan
from tests.support.executions.bench import Abandoned, Bench, error_of
from tests.support.hanging import Hanging, hanging
from tests.support.plans import plan_of, task

pytestmark = pytest.mark.timing

SLOW = "{{ vars.slow }}"
TOO_LONG = "the expression takes too long"
OK = {"values": {"x": 1}}

TASKS: dict[str, dict[str, Any]] = {
    "timeout": {"properties": OK, "timeout": SLOW},
    "wait": {"type": "flow.wait", "properties": {"duration": SLOW}},
    "condition of a wait": {
        "type": "flow.wait",
        "when": "vars.slow",
        "properties": {"duration": "PT1S"},
    },
    "if": {"type": "flow.if", "properties": {"condition": SLOW}, "then": [task("b")]},
    "switch": {"type": "flow.switch", "properties": {"value": SLOW}, "cases": {"x": [task("b")]}},
    "items": {"type": "flow.foreach", "properties": {"items": SLOW}, "tasks": [task("b")]},
    "concurrency": {
        "type": "flow.parallel",
        "properties": {"concurrency": SLOW},
        "tasks": [task("b")],
    },
}


def hanging_bench(plan: Plan, values: Hanging) -> Bench:
    return Bench(plan.model_copy(update={"variables": values}), watchdog=values.watchdog)


def next_turn(bench: Bench, values: Hanging) -> str:
    """The turn that Step Functions makes again, in a process that has no strays."""
    values.released.set()
    return bench.turn()


@pytest.mark.parametrize("fields", TASKS.values(), ids=TASKS)
def test_a_field_that_never_ends_fails_its_task(fields: dict[str, Any]):
    with hanging() as values:
        bench = hanging_bench(plan_of(task("a", **fields)), values)

        with pytest.raises(Abandoned):
            bench.turn()

        assert bench.statuses() == {"a": "FAILED"}
        assert TOO_LONG in error_of(bench, "a")[1]
        asked = values.readers
        assert next_turn(bench, values) == "done"
        assert bench.now.status is Status.FAILED
        assert values.readers == asked


@pytest.mark.parametrize("field", ["outputs", "timeout"])
def test_a_field_of_the_flow_that_never_ends_fails_the_execution(field: str):
    with hanging() as values:
        plan = plan_of(
            task("a", properties=OK), **{field: {"x": SLOW} if field == "outputs" else SLOW}
        )
        bench = hanging_bench(plan, values)

        with pytest.raises(Abandoned):
            bench.turn()

        assert bench.now.status is Status.FAILED
        assert bench.now.error
        assert TOO_LONG in bench.now.error.message
        assert values.readers == 1
        assert next_turn(bench, values) == "done"


def test_a_container_whose_outputs_cannot_be_read_any_more_fails():
    with hanging(patience=1) as values:
        cases = {"x": [task("b", properties=OK)]}
        plan = plan_of(task("a", type="flow.switch", properties={"value": SLOW}, cases=cases))
        bench = hanging_bench(plan, values)

        with pytest.raises(Abandoned):
            bench.turn()

        assert bench.statuses() == {"a": "FAILED", "b": "SUCCESS"}
        assert next_turn(bench, values) == "done"
