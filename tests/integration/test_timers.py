"""What is due within minutes: messages of a queue wake parked executions."""

from typing import Any

from botocore.exceptions import ClientError

from tests.support.events import sqs_event
from tests.support.stack import MotoStack

GATE = """
name: gated
tasks:
  - {name: g, type: flow.gate, properties: {message: 'Go?', timeout: %s, onTimeout: approve}}
"""


def sent(stack: MotoStack) -> list[Any]:
    return [call.parameters for call in stack.calls.all() if call.operation == "SQS.SendMessage"]


def test_a_gate_ends_when_its_time_is_over(moto_stack: MotoStack, create_flow: Any, execute: Any):
    execution_id = execute(create_flow(GATE % "1s")["id"])
    moto_stack.wait_for_approval(execution_id)

    moto_stack.wait_until(lambda: moto_stack.ring_timers() > 0)

    end = moto_stack.wait_for_execution(execution_id)
    assert end["execution"]["status"] == "SUCCESS"
    [approval] = moto_stack.api("GET", "/api/v1/approvals?status=EXPIRED").body
    assert approval["decision"] == "approved"


def test_a_timer_that_is_early_late_or_doubled_does_no_harm(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    execution_id = execute(create_flow(GATE % "10m")["id"])
    asked = moto_stack.wait_for_approval(execution_id)
    [message] = sent(moto_stack)
    again = {"MessageId": "1", "ReceiptHandle": "r", "Body": message["MessageBody"]}
    assert 0 < message["DelaySeconds"] <= 600

    for _ in range(2):
        moto_stack.invoke("timers", sqs_event([again]))
        asked_again = moto_stack.wait_for_approval(execution_id)
        assert asked_again == asked
    moto_stack.api("POST", f"/api/v1/approvals/{asked['id']}/reject")
    assert moto_stack.wait_for_execution(execution_id)["execution"]["status"] == "FAILED"

    assert moto_stack.invoke("timers", sqs_event([again])) == {"batchItemFailures": []}


def test_a_timer_that_cannot_be_set_costs_no_turn(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(GATE % "10m")
    down = ClientError({"Error": {"Code": "ServiceUnavailable"}}, "SendMessage")
    moto_stack.calls.fail_next(down, lambda call: call.operation == "SQS.SendMessage")

    moto_stack.wait_for_approval(execute(flow["id"]))

    assert moto_stack.calls.has_failed
    assert sent(moto_stack) == []
    assert moto_stack.invocations["runner"] == 2


def test_what_is_due_later_is_left_to_the_sweep(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    moto_stack.wait_for_approval(execute(create_flow(GATE % "16m")["id"]))

    assert sent(moto_stack) == []


def test_a_message_that_cannot_be_read_comes_again_alone(moto_stack: MotoStack):
    unknown = '{"tenant": "default", "executionId": "01890000-0000-7000-8000-000000000000"}'
    messages = [
        {"MessageId": str(number), "ReceiptHandle": "r", "Body": body}
        for number, body in enumerate([unknown, "no JSON", unknown])
    ]

    answer = moto_stack.invoke("timers", sqs_event(messages))

    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
