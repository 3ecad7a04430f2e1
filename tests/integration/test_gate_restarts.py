"""A gate is open while its run dies, as when Step Functions restarts: the next one keeps it."""

from typing import Any

import pytest

from tests.support.aftermath import age, check_nothing_left, reconcile, table
from tests.support.events import run_ended_event
from tests.support.stack import MotoStack

FLOW = """
name: gated
concurrency: {limit: 1}
tasks:
  - name: g
    type: flow.gate
    properties: {message: 'Go?', timeout: 2h, onTimeout: approve, remind: [10m]}
  - {name: after, type: core.set, properties: {values: {x: 1}}}
finally: [{name: last, type: core.set, properties: {values: {}}}]
"""


@pytest.fixture
def asked(moto_stack: MotoStack, create_flow: Any, execute: Any) -> Any:
    return moto_stack.wait_for_approval(execute(create_flow(FLOW)["id"]))


def restart(stack: MotoStack) -> None:
    """Every run dies, without an event, and with it the token it waits for."""
    stack.stop()
    stack.wait_until(lambda: all(run["status"] != "RUNNING" for run in stack.runs()))


def is_parked(stack: MotoStack, execution_id: str, generation: int) -> bool:
    key = {"pk": f"default#{execution_id}", "sk": "segment#main"}
    row = table(stack).get_item(Key=key)["Item"]
    return row["generation"] == generation and "token" in row


def approve(stack: MotoStack, asked: Any) -> None:
    path = f"/api/v1/approvals/{asked['id']}/approve"
    assert stack.api("POST", path).status == 200


def check_success(stack: MotoStack, asked: Any, status: str = "APPROVED") -> None:
    detail = stack.wait_for_execution(asked["executionId"])
    assert detail["execution"]["status"] == "SUCCESS"
    assert [task["status"] for task in detail["tasks"]] == ["SUCCESS"] * 3
    [approval] = stack.api("GET", "/api/v1/approvals").body
    assert (approval["id"], approval["status"]) == (asked["id"], status)
    check_nothing_left(stack)


def test_an_open_gate_keeps_its_approval_over_many_restarts(moto_stack: MotoStack, asked: Any):
    execution_id = asked["executionId"]
    for generation in range(1, 5):
        restart(moto_stack)
        if generation == 2:
            age(moto_stack, asked, minutes=15)
        hint = run_ended_event(moto_stack.machine_arn, f"{execution_id}-{generation}", "FAILED")
        assert moto_stack.invoke("reconcile", hint) == {"resumed": 1}
        moto_stack.wait_until(lambda: is_parked(moto_stack, execution_id, generation + 1))  # noqa: B023 - called in this round
        again = moto_stack.wait_for_approval(execution_id)
        assert again["id"] == asked["id"]
        assert again["reminders"] == (generation > 1)
        detail = moto_stack.api("GET", f"/api/v1/executions/{execution_id}").body
        assert detail["execution"]["status"] == "PAUSED"

    approve(moto_stack, asked)
    check_success(moto_stack, asked)


def test_a_decision_while_there_is_no_run_counts(moto_stack: MotoStack, asked: Any):
    restart(moto_stack)
    approve(moto_stack, asked)

    reconcile(moto_stack)

    check_success(moto_stack, asked)


def test_a_time_out_while_there_is_no_run_counts(moto_stack: MotoStack, asked: Any):
    restart(moto_stack)
    age(moto_stack, asked, hours=3)

    reconcile(moto_stack)

    check_success(moto_stack, asked, "EXPIRED")


@pytest.mark.parametrize("is_decided", [False, True])
def test_a_gate_whose_token_was_lost_gets_another_run(
    *, is_decided: bool, moto_stack: MotoStack, asked: Any
):
    execution_id = asked["executionId"]
    table(moto_stack).update_item(
        Key={"pk": f"default#{execution_id}", "sk": "segment#main"},
        UpdateExpression="REMOVE #token",
        ExpressionAttributeNames={"#token": "token"},
    )
    if is_decided:
        approve(moto_stack, asked)
        make_due_a_minute_ago(moto_stack, execution_id)

    assert moto_stack.invoke("reconcile", {"all": True}) == {"stopped": 1}
    moto_stack.wait_until(lambda: moto_stack.runs()[0]["status"] != "RUNNING")
    assert moto_stack.invoke("reconcile", {"all": True}) == {"resumed": 1}

    if not is_decided:
        moto_stack.wait_until(lambda: is_parked(moto_stack, execution_id, 2))
        approve(moto_stack, asked)
    check_success(moto_stack, asked)


def make_due_a_minute_ago(stack: MotoStack, execution_id: str) -> None:
    table(stack).update_item(
        Key={"pk": f"default#{execution_id}", "sk": "execution"},
        UpdateExpression="SET wakeAt = :long_ago",
        ExpressionAttributeValues={":long_ago": "2026-01-01T00:00:00.000Z"},
    )
