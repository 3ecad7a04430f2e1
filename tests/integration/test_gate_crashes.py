"""A gate from the question to the end, each function dead at each of its calls in turn.

Time passes by making the approval older; the numbers of calls are counted anew in each stage, so
one execution is killed once in every stage.
"""

from typing import Any

import pytest

from tests.support.aftermath import (
    age,
    check_nothing_left,
    check_settled_once,
    reconcile,
    ring,
    table,
)
from tests.support.calls import Crash
from tests.support.stack import MotoStack

pytestmark = pytest.mark.proof

FLOW = """
name: guarded
concurrency: {limit: 1}
tasks:
  - {name: big, type: util.string, dependsOn: [],
     properties: {operation: repeat, value: ab, times: 200000}}
  - name: slow
    type: flow.gate
    dependsOn: [big]
    properties:
      message: 'Go?'
      approvers: ['group:ops']
      timeout: 2h
      onTimeout: approve
      remind: [10m]
      escalate: [{after: 20m, to: boss}]
  - {name: w, type: flow.wait, dependsOn: [big], properties: {duration: 20ms}}
  - {name: again, type: util.validate, dependsOn: [], allowFailure: true,
     retry: {maxAttempts: 2, delay: 10ms, on: [validation_failed]},
     properties: {data: {}, schema: {type: object, required: [x]}}}
  - {name: quick, type: flow.gate, dependsOn: [slow, w, again],
     properties: {message: 'Sure?', timeout: 2h}}
outputs: {d: '{{ outputs.slow.decision }}', size: '{{ outputs.big.result | length }}'}
finally: [{name: last, type: core.set, properties: {values: {}}}]
"""
EXPECTED = {
    **dict.fromkeys(("big", "slow", "w", "quick", "last"), "SUCCESS"),
    "again": "FAILED",
}
MAX_CALLS = 40
"""More calls than any stage makes."""
FEWEST = {"runner": 10, "timers": 3, "reconcile": 4}


class Deaths:
    """A function's death after its call `number`, planned anew for each stage."""

    def __init__(self, stack: MotoStack, function: str, number: int) -> None:
        self.have_happened = False
        self._calls = stack.calls
        self._planned = (number, function)
        self._calls.clear()
        self.plan()

    def plan(self) -> None:
        self.note()
        self._calls.crash_after(*self._planned)

    def note(self) -> None:
        has_planned = bool(self._calls.all())
        self.have_happened = self.have_happened or (has_planned and self._calls.has_crashed)


def through_all_stages(stack: MotoStack, execution_id: str, wake: Any, deaths: Deaths) -> None:
    """Asked, reminded, escalated, expired; and then the second question, decided."""
    asked = stack.wait_for_approval(execution_id)
    for minutes, field in ((15, "reminders"), (30, "escalations")):
        deaths.plan()
        age(stack, asked, minutes=minutes)
        wake(stack, execution_id)
        until(stack, asked, field, 1)
        again = stack.wait_for_approval(execution_id)
        assert again["id"] == asked["id"]
    assert again["approvers"] == ["group:ops", "boss"]
    deaths.plan()
    age(stack, asked, hours=3)
    wake(stack, execution_id)
    until(stack, asked, "status", "EXPIRED")
    sure = stack.wait_for_approval(execution_id)
    deaths.plan()
    answer = stack.api("POST", f"/api/v1/approvals/{sure['id']}/approve")
    assert answer.status == 200


def until(stack: MotoStack, asked: Any, field: str, value: Any) -> None:
    approvals, key = table(stack, "APPROVALS_TABLE_NAME"), {"pk": f"default#{asked['id']}"}
    stack.wait_until(lambda: approvals.get_item(Key=key)["Item"].get(field) == value)


def check_end(stack: MotoStack, execution_id: str) -> None:
    detail = stack.wait_for_execution(execution_id)
    assert detail["execution"]["status"] == "SUCCESS"
    assert detail["execution"]["outputs"] == {"d": "approved", "size": 400_000}
    assert {task["taskName"]: task["status"] for task in detail["tasks"]} == EXPECTED
    attempts = {task["taskName"]: task["attempt"] for task in detail["tasks"]}
    assert attempts["again"] == 2
    approvals = stack.api("GET", "/api/v1/approvals?limit=2").body
    of_this = [each for each in approvals if each["executionId"] == execution_id]
    assert sorted(each["status"] for each in of_this) == ["APPROVED", "EXPIRED"]
    check_settled_once(stack, execution_id)


@pytest.mark.parametrize("function", ["runner", "timers", "reconcile"])
def test_a_function_may_die_at_every_call_it_makes_for_a_gate(
    function: str, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    wake = reconcile if function == "reconcile" else ring
    flow = create_flow(FLOW)
    for number in range(1, MAX_CALLS):
        deaths = Deaths(moto_stack, function, number)
        execution_id = execute(flow["id"])
        through_all_stages(moto_stack, execution_id, wake, deaths)
        check_end(moto_stack, execution_id)
        deaths.note()
        if not deaths.have_happened:
            break
    assert FEWEST[function] < number < MAX_CALLS - 1
    check_nothing_left(moto_stack)


@pytest.mark.parametrize("helped_by", ["cancel", "reconcile"])
def test_a_cancel_of_an_open_gate_may_die_at_every_call(
    helped_by: str, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(FLOW)
    for number in range(1, MAX_CALLS):
        execution_id = execute(flow["id"])
        path = f"/api/v1/executions/{execution_id}/cancel"
        asked = moto_stack.wait_for_approval(execution_id)
        moto_stack.calls.crash_after(number, "executions")
        try:
            assert moto_stack.api("POST", path).status == 202
        except Crash:
            if helped_by == "cancel" or number == 1:
                assert moto_stack.api("POST", path).status in {202, 409}
            else:
                reconcile(moto_stack)
        has_crashed = moto_stack.calls.has_crashed
        moto_stack.calls.clear()
        check_cancelled(moto_stack, execution_id, asked)
        if not has_crashed:
            break
    assert 4 < number < MAX_CALLS - 1
    check_nothing_left(moto_stack)


def test_a_runner_that_ends_a_gate_after_a_cancel_may_die_at_every_call(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(FLOW)
    for number in range(1, MAX_CALLS):
        execution_id = execute(flow["id"])
        asked = moto_stack.wait_for_approval(execution_id)
        moto_stack.calls.crash_after(number)
        path = f"/api/v1/executions/{execution_id}/cancel"
        assert moto_stack.api("POST", path).status == 202
        check_cancelled(moto_stack, execution_id, asked)
        if not moto_stack.calls.has_crashed:
            break
    assert 8 < number < MAX_CALLS - 1
    check_nothing_left(moto_stack)


def check_cancelled(stack: MotoStack, execution_id: str, asked: Any) -> None:
    detail = stack.wait_for_execution(execution_id)
    statuses = {task["taskName"]: task["status"] for task in detail["tasks"]}
    assert detail["execution"]["status"] == "CANCELLED"
    assert (statuses["slow"], statuses["quick"]) == ("CANCELLED", "CANCELLED")
    assert statuses["last"] == "SUCCESS"
    approval = stack.api("GET", f"/api/v1/approvals/{asked['id']}").body
    assert approval["status"] == "CANCELLED"
