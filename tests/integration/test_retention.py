"""How long executions are kept: rows by DynamoDB's clock, objects by S3's, answers at once."""

import time
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from shared.executions.retention import DAY_CLASSES
from shared.executions.store.repository import ExecutionRepository
from shared.people.approvals.repository import ApprovalRepository
from tests.support.fixtures import Finished
from tests.support.stack import MotoStack, forget_factories

FLOW = """
name: kept
retention: 2h
tasks:
  - {name: small, type: core.set, properties: {values: {x: 1}}}
  - {name: big, type: util.string, properties: {operation: repeat, value: ab, times: 300000}}
"""
BASE = "/api/v1/executions"


def rows(moto_stack: MotoStack) -> list[dict[str, Any]]:
    table = boto3.resource("dynamodb").Table(moto_stack.environment["EXECUTIONS_TABLE_NAME"])
    items: list[dict[str, Any]] = table.scan()["Items"]
    return items


def test_every_row_of_an_ended_execution_has_a_time_to_go(moto_stack: MotoStack, run: Finished):
    run(FLOW)

    due = {row["sk"]: int(row["expiresAt"]) - time.time() for row in rows(moto_stack)}

    assert set(due) == {"execution", "segment#main", "task#small", "task#big"}
    assert 7000 < due.pop("execution") <= 7200
    assert all(7000 < left - 86_400 <= 7200 for left in due.values())


def test_objects_are_given_to_a_rule_that_never_comes_too_early(
    moto_stack: MotoStack, run: Finished
):
    run(FLOW)
    s3, bucket = boto3.client("s3"), moto_stack.environment["PAYLOADS_BUCKET_NAME"]

    [found] = s3.list_objects_v2(Bucket=bucket)["Contents"]

    tags = s3.get_object_tagging(Bucket=bucket, Key=found["Key"])["TagSet"]
    assert tags == [{"Key": "days", "Value": "1"}]


def test_what_has_expired_is_gone_at_once(moto_stack: MotoStack, run: Finished):
    seen = run(FLOW)
    [row] = [row for row in rows(moto_stack) if row["sk"] == "execution"]
    table = boto3.resource("dynamodb").Table(moto_stack.environment["EXECUTIONS_TABLE_NAME"])
    table.put_item(Item={**row, "expiresAt": int(time.time()) - 1})

    for path in ("", "/results", "/logs"):
        answer = moto_stack.api("GET", f"{BASE}/{seen.execution['id']}{path}")
        assert (answer.status, answer.body["code"]) == (404, "execution_not_found")
    assert moto_stack.api("GET", BASE).body == []


def test_waking_what_is_gone_leaves_no_row(moto_stack: MotoStack):
    table = boto3.resource("dynamodb").Table(moto_stack.environment["EXECUTIONS_TABLE_NAME"])

    assert ExecutionRepository(table).wake_segment("default", "gone", "main") is None

    assert rows(moto_stack) == []


def test_without_a_retention_nothing_goes(moto_stack: MotoStack, run: Finished):
    run(FLOW.replace("retention: 2h\n", ""))

    assert not any("expiresAt" in row for row in rows(moto_stack))
    assert not [c for c in moto_stack.calls.all() if c.operation == "S3.PutObjectTagging"]


def test_there_is_a_rule_for_every_class_of_days(moto_stack: MotoStack):
    [(_, bucket)] = moto_stack.template.of_type("AWS::S3::Bucket")

    rules = bucket["LifecycleConfiguration"]["Rules"]

    found = {rule["ExpirationInDays"]: rule["TagFilters"] for rule in rules if "TagFilters" in rule}
    assert found == {days: [{"Key": "days", "Value": str(days)}] for days in DAY_CLASSES}


@pytest.mark.parametrize(
    ("flow", "days"),
    [
        (FLOW.replace("retention: 2h", "namespace: billing"), 365),
        (FLOW.replace("retention: 2h\n", ""), 90),
        (FLOW, 2 / 24),
    ],
)
def test_a_namespace_says_how_long_where_the_flow_does_not(
    moto_stack: MotoStack, run: Finished, monkeypatch: pytest.MonkeyPatch, flow: str, days: float
):
    monkeypatch.setenv("HEADRACE_RETENTION", "billing=365d, *=90d")
    forget_factories()

    run(flow)

    [due] = [row["expiresAt"] for row in rows(moto_stack) if row["sk"] == "execution"]
    assert days * 86_400 - 200 < int(due) - time.time() <= days * 86_400


GATES = """
name: asked
retention: 2h
tasks:
  - {name: ask, type: flow.gate, properties: {message: Go?}}
  - {name: later, type: core.set, properties: {values: {}}}
"""


def test_what_people_were_asked_goes_with_the_execution(moto_stack: MotoStack, run: Finished):
    run(GATES, decision="approve")
    [approval] = moto_stack.api("GET", "/api/v1/approvals").body
    table = boto3.resource("dynamodb").Table(moto_stack.environment["APPROVALS_TABLE_NAME"])
    [row] = table.scan()["Items"]

    assert 7000 < int(str(row["removeAt"])) - time.time() - 86_400 <= 7200

    table.put_item(Item={**row, "removeAt": int(time.time()) - 1})
    assert moto_stack.api("GET", "/api/v1/approvals").body == []
    answer = moto_stack.api("GET", f"/api/v1/approvals/{approval['id']}")
    assert (answer.status, answer.body["code"]) == (404, "approval_not_found")


def test_what_was_never_asked_or_is_gone_is_not_made_anew(moto_stack: MotoStack):
    table = boto3.resource("dynamodb").Table(moto_stack.environment["APPROVALS_TABLE_NAME"])

    ApprovalRepository(table).keep_until("default", "gone", at=datetime.now(UTC))

    assert table.scan()["Items"] == []


AGAIN = """
name: again
retention: 2h
retry: {maxAttempts: 2, delay: 100ms, on: [invalid_properties, validation_failed]}
tasks:
  - name: big
    type: util.string
    properties: {operation: repeat, value: '{{ execution.attempt }}b', times: 300000}
  - name: check
    type: util.validate
    properties: {data: '{{ execution.attempt }}', schema: {type: number, minimum: 2}}
"""


def test_what_earlier_attempts_left_goes_as_well(moto_stack: MotoStack, run: Finished):
    assert run(AGAIN).execution["attempt"] == 2

    s3, bucket = boto3.client("s3"), moto_stack.environment["PAYLOADS_BUCKET_NAME"]
    found_ones = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert len(found_ones) == 2
    for found in found_ones:
        tags = s3.get_object_tagging(Bucket=bucket, Key=found["Key"])["TagSet"]
        assert tags == [{"Key": "days", "Value": "1"}], found["Key"]


def test_without_a_retention_approvals_stay(moto_stack: MotoStack, run: Finished):
    run(GATES.replace("retention: 2h\n", ""), decision="approve")

    table = boto3.resource("dynamodb").Table(moto_stack.environment["APPROVALS_TABLE_NAME"])
    assert "removeAt" not in table.scan()["Items"][0]
