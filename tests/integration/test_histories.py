"""Histories of runs: what a turn adds to one, and the fresh run that keeps it short."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from shared.executions.engine import runner
from tests.support.stack import MotoStack

pytestmark = pytest.mark.proof

MAX_EVENTS = 25_000
"""Step Functions ends a run whose history gets longer."""
CHILD = "{name: child, tasks: [{name: a, type: core.set, properties: {values: {}}}]}"
FLOW = """
name: turns
isolation: task
tasks:
  - {name: a, type: core.set, properties: {values: {}}}
  - {name: pause, type: flow.wait, properties: {duration: 1100ms}}
  - {name: b, type: core.set, properties: {values: {}}}
  - {name: sub, type: flow.subflow, properties: {name: child, namespace: default}}
  - {name: c, type: core.set, properties: {values: {}}}
"""
REST = """
  - {name: b, type: core.set, properties: {values: {}}}
  - {name: c, type: core.set, properties: {values: {}}}
"""


def events_of(stack: MotoStack, name: str) -> list[str]:
    [run] = [each for each in stack.runs() if each["name"] == name]
    history = boto3.client("stepfunctions").get_execution_history(
        executionArn=run["executionArn"], maxResults=1000
    )
    return [event["type"] for event in history["events"]]


def test_as_many_turns_as_a_run_may_take_leave_room_in_its_history(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    create_flow(CHILD)
    execution_id = execute(create_flow(FLOW)["id"])
    detail = moto_stack.wait_for_execution(execution_id)
    moto_stack.wait_until(lambda: all(run["status"] == "SUCCEEDED" for run in moto_stack.runs()))

    events = events_of(moto_stack, f"{execution_id}-1")
    turns = events.count("ChoiceStateEntered")
    parks = events.count("TaskSubmitted")

    assert detail["execution"]["status"] == "SUCCESS"
    assert (turns, parks) == (3, 1)
    start_and_end, wait = 4, 2
    assert len(events) <= start_and_end + 7 * turns + 6 * parks + wait
    assert runner.MAX_TURNS * (7 + 6) <= MAX_EVENTS * 0.6


def test_an_execution_goes_on_in_a_fresh_run_wherever_the_runner_dies(
    moto_stack: MotoStack, create_flow: Any
):
    flow = create_flow(FLOW.partition("  - {name: pause")[0] + REST)
    for number in range(1, 60):
        execution_id = with_few_turns_left(moto_stack, flow)
        moto_stack.calls.clear()
        moto_stack.calls.crash_after(number)
        moto_stack.invoke("reconcile", {"all": True})
        detail = ended(moto_stack, execution_id)

        assert detail["execution"]["status"] == "SUCCESS"
        assert [task["status"] for task in detail["tasks"]] == ["SUCCESS"] * 3
        names = {run["name"] for run in moto_stack.runs() if execution_id in run["name"]}
        assert f"{execution_id}-2" in names
        if not moto_stack.calls.has_crashed:
            break
    assert 10 < number < 59


def with_few_turns_left(stack: MotoStack, flow: Any) -> str:
    """An execution that has not been started, whose first run has two turns."""
    error = ClientError({"Error": {"Code": "ThrottlingException"}}, "StartExecution")
    stack.calls.fail_next(error, lambda call: call.operation == "SFN.StartExecution")
    answer = stack.api("POST", f"/api/v1/flows/{flow['id']}/execute")
    execution_id = str(answer.body["executionId"])
    boto3.resource("dynamodb").Table(stack.environment["EXECUTIONS_TABLE_NAME"]).update_item(
        Key={"pk": f"default#{execution_id}", "sk": "execution"},
        UpdateExpression="SET turnsBefore = :turns",
        ExpressionAttributeValues={":turns": 2 - runner.MAX_TURNS},
    )
    return execution_id


def ended(stack: MotoStack, execution_id: str) -> Any:
    """Wait for the end; what has no run, the reconciler starts, as it does each minute."""

    def has_ended() -> bool:
        if all(run["status"] != "RUNNING" for run in stack.runs()):
            stack.invoke("reconcile", {"all": True})
        path = f"/api/v1/executions/{execution_id}"
        return bool(stack.api("GET", path).body["execution"]["finishedAt"])

    stack.wait_until(has_ended)
    return stack.wait_for_execution(execution_id)
