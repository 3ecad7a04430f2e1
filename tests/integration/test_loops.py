"""Loops in rounds on real parts: what a turn reads, what a retry keeps, what a retention ends."""

import json
from typing import Any

import boto3
import pytest

from tests.support.stack import MotoStack

LOOP = """
name: looping
isolation: task
tasks:
  - name: poll
    type: flow.loop
    properties: {until: 'index + 1 == inputs.rounds', maxRounds: 1000}
    tasks: [{name: look, type: core.set, properties: {values: {text: "{{ 'x' * 3000 }}"}}}]
"""
FRAGILE = """
name: fragile
tasks:
  - name: poll
    type: flow.loop
    properties: {until: index == 2}
    tasks:
      - {name: id, type: core.set, properties: {values: {id: '{{ uuid() }}'}}}
      - name: check
        type: util.validate
        properties:
          data: '{{ index == 1 and execution.retryOf is none }}'
          schema: {const: false}
"""
KEPT = """
name: kept
retention: 1h
tasks:
  - name: poll
    type: flow.loop
    properties: {until: index == 1}
    tasks:
      - name: big
        type: core.set
        properties: {values: {n: '{{ index }}', text: "{{ 'ab' * 200000 }}"}}
"""
WAITING = """
name: waiting
retention: 1d
tasks:
  - name: poll
    type: flow.loop
    properties: {until: 'false', interval: 1h}
    tasks: [{name: look, type: core.set, properties: {values: {n: '{{ index }}'}}}]
"""


def queries(stack: MotoStack) -> int:
    calls = stack.calls.all()
    return sum((each.function, each.operation) == ("runner", "DynamoDB.Query") for each in calls)


def test_a_turn_reads_one_round_however_many_there_were(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow, found = create_flow(LOOP), {}
    for rounds in (3, 9):
        moto_stack.calls.clear()
        execution_id = execute(flow["id"], {"inputs": {"rounds": rounds}})
        detail = moto_stack.wait_for_execution(execution_id)

        assert detail["execution"]["status"] == "SUCCESS"
        assert len(detail["tasks"]) == 1 + rounds
        found[rounds] = queries(moto_stack)

    # A round is a turn here, which reads its execution and the round; the end reads all once.
    assert found[9] - found[3] <= 2 * (9 - 3) + 6


def test_a_retry_goes_on_in_the_round_that_failed(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    failed = moto_stack.wait_for_execution(execute(create_flow(FRAGILE)["id"]))
    assert failed["execution"]["status"] == "FAILED"

    source = failed["execution"]["id"]
    answer = moto_stack.api("POST", f"/api/v1/executions/{source}/retry", None, {})
    detail = moto_stack.wait_for_execution(answer.body["executionId"])

    assert detail["execution"]["status"] == "SUCCESS"
    assert detail["execution"]["tasksExecuted"] == 3
    before, after = (
        {(task["taskName"], task["iteration"]): task["outputs"] for task in each["tasks"]}
        for each in (failed, detail)
    )
    assert [place for place in after if place[0] == "check"] == [("check", n) for n in "012"]
    assert [after["id", n] == before["id", n] for n in "01"] == [True, True]
    assert json.loads(after["poll", None])["rounds"] == 3


@pytest.mark.timing
def test_a_loop_that_waits_is_shown_and_cancelled(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    execution_id = execute(create_flow(WAITING)["id"])
    path = f"/api/v1/executions/{execution_id}"

    def tasks() -> dict[str, Any]:
        found = moto_stack.api("GET", path).body["tasks"]
        return {task["taskName"]: task for task in found}

    moto_stack.wait_until(lambda: bool(tasks()["poll"]["dueAt"]))
    shown = tasks()
    assert shown["poll"]["status"] == "RUNNING"
    assert shown["poll"]["dueAt"] > shown["look"]["finishedAt"]

    assert moto_stack.api("POST", f"{path}/cancel").status == 202

    detail = moto_stack.wait_for_execution(execution_id)
    assert detail["execution"]["status"] == "CANCELLED"
    ends = {task["taskName"]: task["status"] for task in detail["tasks"]}
    assert ends == {"poll": "CANCELLED", "look": "SUCCESS"}


def test_rounds_and_what_they_stored_are_kept_no_longer_than_the_rest(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    moto_stack.wait_for_execution(execute(create_flow(KEPT)["id"]))

    table = boto3.resource("dynamodb").Table(moto_stack.environment["EXECUTIONS_TABLE_NAME"])
    rows: dict[str, Any] = {str(row["sk"]): row for row in table.scan()["Items"]}
    assert set(rows) == {
        *("execution", "segment#main", "task#poll"),
        *("within#poll#0/big#0", "within#poll#1/big#1"),
    }
    assert all("expiresAt" in row for row in rows.values())
    bucket = moto_stack.environment["PAYLOADS_BUCKET_NAME"]
    keys = [rows[f"within#poll#{n}/big#{n}"]["stored"]["key"] for n in (0, 1)]
    tags = [boto3.client("s3").get_object_tagging(Bucket=bucket, Key=key) for key in keys]
    assert [each["TagSet"][0]["Key"] for each in tags] == ["days", "days"]
