"""Approvals over HTTP: asked by flows, decided once, whatever dies or races meanwhile."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from tests.support.stack import Answer, MotoStack

GATE = """
name: gated
tasks:
  - {name: g, type: flow.gate, properties: {message: 'Go?', approvers: ['group:ops']}}
  - {name: after, type: core.set, properties: {values: {d: '{{ outputs.g.decision }}'}}}
outputs: {d: '{{ outputs.after.d }}'}
"""


def decide(stack: MotoStack, approval: Any, verb: str = "approve", body: Any = None) -> Answer:
    return stack.api("POST", f"/api/v1/approvals/{approval['id']}/{verb}", body)


def test_an_approval_is_listed_read_and_decided(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(GATE)
    execution_id = execute(flow["id"])
    asked = moto_stack.wait_for_approval(execution_id)

    assert (asked["message"], asked["status"]) == ("Go?", "PENDING")
    assert asked["approvers"] == ["group:ops"]
    assert (asked["executionId"], asked["flowId"]) == (execution_id, flow["id"])
    detail = moto_stack.api("GET", f"/api/v1/executions/{execution_id}").body
    assert detail["execution"]["status"] == "PAUSED"
    assert detail["tasks"][0]["status"] == "PAUSED"
    assert json.loads(detail["tasks"][0]["outputs"]) == {"approvalId": asked["id"]}

    answer = decide(moto_stack, asked, body={"comment": "fine"})

    assert answer.status == 200
    assert answer.body["status"] == "APPROVED"
    assert moto_stack.api("GET", f"/api/v1/approvals/{asked['id']}").body == answer.body
    assert moto_stack.api("GET", "/api/v1/approvals?status=PENDING").body == []
    end = moto_stack.wait_for_execution(execution_id)
    assert end["execution"]["outputs"] == {"d": "approved"}


def test_a_second_decision_is_a_conflict(moto_stack: MotoStack, create_flow: Any, execute: Any):
    asked = moto_stack.wait_for_approval(execute(create_flow(GATE)["id"]))
    assert decide(moto_stack, asked).status == 200

    second = decide(moto_stack, asked, "reject")

    assert (second.status, second.body["code"]) == (409, "approval_decided")


def test_what_is_wrong_with_a_request_is_said(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    asked = moto_stack.wait_for_approval(execute(create_flow(GATE)["id"]))
    unknown = {"id": "01890000-0000-7000-8000-000000000000"}

    assert decide(moto_stack, unknown).body["code"] == "approval_not_found"
    assert moto_stack.api("GET", "/api/v1/approvals/x").status == 404
    assert decide(moto_stack, asked, body={"commnet": "x"}).status == 400
    assert decide(moto_stack, asked, body={"comment": "x" * 4001}).status == 400
    assert moto_stack.api("GET", "/api/v1/approvals?status=OPEN").status == 400


def test_lists_come_in_pages(moto_stack: MotoStack, create_flow: Any, execute: Any):
    flow = create_flow(GATE)
    asked = [moto_stack.wait_for_approval(execute(flow["id"]))["id"] for _ in range(3)]

    first = moto_stack.api("GET", "/api/v1/approvals?limit=2")
    link = first.headers["link"].partition(">")[0].removeprefix("<")
    second = moto_stack.api("GET", link)

    assert [each["id"] for each in first.body + second.body] == asked[::-1]
    assert "link" not in second.headers


@pytest.mark.timing
@pytest.mark.proof
def test_of_two_decisions_at_once_one_counts(moto_stack: MotoStack, create_flow: Any, execute: Any):
    flow = create_flow(GATE)
    for _ in range(5):
        execution_id = execute(flow["id"])
        asked = moto_stack.wait_for_approval(execution_id)
        with ThreadPoolExecutor(2) as pool:
            verbs = ("approve", "reject")
            answers = list(pool.map(partial(decide, moto_stack, asked), verbs))

        assert sorted(answer.status for answer in answers) == [200, 409]
        winner = answers[0] if answers[0].status == 200 else answers[1]
        end = moto_stack.wait_for_execution(execution_id)["execution"]["status"]
        assert end == {"APPROVED": "SUCCESS", "REJECTED": "FAILED"}[winner.body["status"]]


@pytest.mark.timing
@pytest.mark.proof
def test_a_decision_and_a_cancel_at_once_agree(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(GATE)
    for _ in range(5):
        execution_id = execute(flow["id"])
        asked = moto_stack.wait_for_approval(execution_id)
        with ThreadPoolExecutor(2) as pool:
            decision = pool.submit(decide, moto_stack, asked)
            cancel = pool.submit(
                moto_stack.api, "POST", f"/api/v1/executions/{execution_id}/cancel"
            )
        detail = moto_stack.wait_for_execution(execution_id)

        approval = moto_stack.api("GET", f"/api/v1/approvals/{asked['id']}").body
        is_approved = decision.result().status == 200
        assert approval["status"] == ("APPROVED" if is_approved else "CANCELLED")
        is_cancelled = cancel.result().status == 202
        assert detail["execution"]["status"] == ("CANCELLED" if is_cancelled else "SUCCESS")
        gate = next(task for task in detail["tasks"] if task["taskName"] == "g")
        assert gate["status"] == ("SUCCESS" if is_approved else "CANCELLED")


def test_what_was_cancelled_cannot_be_decided(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    execution_id = execute(create_flow(GATE)["id"])
    asked = moto_stack.wait_for_approval(execution_id)
    moto_stack.api("POST", f"/api/v1/executions/{execution_id}/cancel")

    refused = decide(moto_stack, asked)

    assert refused.status == 409
    assert refused.body["code"] in {"approval_decided", "execution_finished"}
    end = moto_stack.wait_for_execution(execution_id)
    assert end["execution"]["status"] == "CANCELLED"
    approval = moto_stack.api("GET", f"/api/v1/approvals/{asked['id']}").body
    assert approval["status"] == "CANCELLED"


@pytest.mark.proof
@pytest.mark.parametrize("kind", ["before", "after"])
def test_a_decision_may_die_at_every_call(
    kind: str, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(GATE)
    for number in range(1, 10):
        execution_id = execute(flow["id"])
        asked = moto_stack.wait_for_approval(execution_id)
        getattr(moto_stack.calls, f"crash_{kind}")(number, "approvals")
        try:
            assert decide(moto_stack, asked).status == 200
        except SystemExit:
            assert decide(moto_stack, asked).status in {200, 409}
        moto_stack.invoke("reconcile", {"all": True})
        assert moto_stack.wait_for_execution(execution_id)["execution"]["status"] == "SUCCESS"
        if not moto_stack.calls.has_crashed:
            break
    assert number > 3
