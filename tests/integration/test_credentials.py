"""Credentials in flows: found, rotated, masked, waited for when they are out of reach."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.support.calls import Call
from tests.support.events import claims_of
from tests.support.fixtures import Finished
from tests.support.stack import MotoStack

BASE = "/api/v1/credentials"
VALUE = "hX7!qL2#vR9$tM4&"
OTHER_ADMIN = claims_of("otto", "admin", tenant="umbrella")


def store(stack: MotoStack, name: str, value: Any, **fields: Any) -> str:
    answer = stack.api("POST", BASE, {"name": name, "value": value, **fields})
    assert answer.status == 201, answer.body
    return str(answer.body["id"])


def says(*messages: str, **fields: Any) -> str:
    """A flow that tells how long each text is, and whether it ends as it should."""
    tasks = [
        {
            "name": f"t{number}",
            "type": "core.set",
            "properties": {"values": {"said": message}},
            "allowFailure": True,
            "dependsOn": [],
        }
        for number, message in enumerate(messages)
    ]
    return json.dumps({"name": "says", "tasks": tasks, **fields})


def checks(name: str, value: str, **fields: Any) -> str:
    """A flow that fails unless a credential has this value: outputs would show a mask."""
    task = {
        "name": "check",
        "type": "util.compare",
        "properties": {"a": f"${{{name}}}", "op": "==", "b": value},
    }
    return json.dumps(
        {"name": "checks", "tasks": [task], "outputs": {"is": "{{ outputs.check }}"}, **fields}
    )


def test_a_task_reads_a_text_and_a_field_and_shows_neither(moto_stack: MotoStack, run: Finished):
    store(moto_stack, "TOKEN", VALUE)
    store(moto_stack, "DB", {"user": "administrator", "password": "kW5^zN8*bJ3("})

    seen = run(says("Bearer ${TOKEN}", "${DB.password}", "${DB}", "$${TOKEN}"))

    assert seen.outputs("t0") == {"said": "Bearer ******"}
    assert seen.outputs("t1") == {"said": "******"}
    assert seen.outputs("t2") == {"said": {"user": "******", "password": "******"}}
    assert seen.outputs("t3") == {"said": "${TOKEN}"}


def test_what_is_unknown_fails_the_task_with_its_name(moto_stack: MotoStack, run: Finished):
    store(moto_stack, "TOKEN", VALUE, namespace="elsewhere")
    store(moto_stack, "DB", {"user": "administrator"})
    moto_stack.api("POST", BASE, {"name": "THEIRS", "value": VALUE}, claims=OTHER_ADMIN)

    seen = run(says("${TOKEN}", "${THEIRS}", "${DB.password}"))

    for task, told in (
        ("t0", 'credential "TOKEN" not found'),
        ("t1", 'credential "THEIRS" not found'),
        ("t2", 'credential "DB" has no field "password"'),
    ):
        assert told in seen.row(task)["error"]["message"]


def is_right(seen: Any) -> bool:
    return bool(seen.execution["outputs"]["is"]["result"])


def test_a_namespaces_own_is_found_before_the_one_for_all(moto_stack: MotoStack, run: Finished):
    store(moto_stack, "TOKEN", "for-all-of-them")
    store(moto_stack, "TOKEN", "of-the-shop", namespace="shop")

    assert is_right(run(checks("TOKEN", "of-the-shop", namespace="shop")))
    assert is_right(run(checks("TOKEN", "for-all-of-them", namespace="billing")))


def test_a_rotated_value_counts_from_the_next_turn_on(moto_stack: MotoStack, run: Finished):
    place = f"{BASE}/{store(moto_stack, 'TOKEN', 'the first one')}"

    assert is_right(run(checks("TOKEN", "the first one")))
    assert moto_stack.api("PUT", place, {"value": "the second one"}).status == 200
    assert is_right(run(checks("TOKEN", "the second one", namespace="again")))


def test_its_last_use_is_noted_once_an_hour(moto_stack: MotoStack, run: Finished):
    place = f"{BASE}/{store(moto_stack, 'TOKEN', VALUE)}"
    unused = f"{BASE}/{store(moto_stack, 'OTHER', VALUE, namespace='x')}"
    known = {"if-none-match": moto_stack.api("GET", place).headers["etag"]}

    run(says("${TOKEN}"))
    first = moto_stack.api("GET", place)
    run(says("${TOKEN}", namespace="again"))

    assert first.body["lastUsedAt"] is not None
    assert first.headers["etag"] == f'"1.{first.body["lastUsedAt"]}"'
    assert moto_stack.api("GET", place, None, known).status == 200
    written = moto_stack.api("PUT", place, {}, {"if-match": known["if-none-match"]})
    assert written.status == 200
    assert moto_stack.api("GET", place).body == first.body
    assert moto_stack.api("GET", unused).body["lastUsedAt"] is None


def test_outside_of_properties_it_is_text(moto_stack: MotoStack, run: Finished):
    store(moto_stack, "TOKEN", VALUE)

    seen = run(says("x", outputs={"said": "${TOKEN} {{ '${TOKEN}' }}"}))

    assert seen.execution["outputs"] == {"said": "${TOKEN} ${TOKEN}"}


def test_what_templates_yield_names_no_credential(moto_stack: MotoStack, run: Finished):
    store(moto_stack, "TOKEN", "{{ 1 + 1 }} ${DB}")
    store(moto_stack, "DB", VALUE)
    inputs = [{"name": "text", "type": "STRING"}]
    text = says("{{ inputs.text }}", inputs=inputs)

    assert run(text, {"text": "${DB}"}).outputs("t0") == {"said": "${DB}"}
    assert is_right(run(checks("TOKEN", "$${DB}", namespace="x"))) is False
    assert run(says("${TOKEN}", namespace="y")).outputs("t0") == {"said": "******"}


def of(operation: str, function: str = "runner") -> Any:
    def matches(call: Call) -> bool:
        return (call.operation, call.function) == (operation, function)

    return matches


def refused(code: str = "ThrottlingException") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "slow"}}, "Decrypt")


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("KMS.Decrypt", "ThrottlingException"),
        ("DynamoDB.BatchGetItem", "ProvisionedThroughputExceededException"),
    ],
)
def test_a_task_whose_credential_is_out_of_reach_is_made_later(
    operation: str, code: str, moto_stack: MotoStack, run: Finished
):
    store(moto_stack, "TOKEN", VALUE)
    moto_stack.calls.fail_next(refused(code), of(operation))

    seen = run(checks("TOKEN", VALUE))

    assert moto_stack.calls.has_failed
    assert is_right(seen)
    assert seen.row("check")["attempt"] == 1
    table = boto3.resource("dynamodb").Table(moto_stack.environment["EXECUTIONS_TABLE_NAME"])
    row: Any = table.get_item(Key={"pk": f"default#{seen.execution['id']}", "sk": "segment#main"})[
        "Item"
    ]
    assert "unreadSince" not in row
    assert row["turn"] == 2


def test_a_value_that_was_changed_in_the_table_opens_for_nobody(
    moto_stack: MotoStack, run: Finished
):
    store(moto_stack, "TOKEN", VALUE)
    store(moto_stack, "OTHER", "another one")
    table = boto3.resource("dynamodb").Table(moto_stack.environment["CREDENTIALS_TABLE_NAME"])
    key = {"pk": "default#credential-values", "sk": "*/TOKEN"}
    other = {"pk": "default#credential-values", "sk": "*/OTHER"}
    item: Any = table.get_item(Key=other)["Item"]
    table.put_item(Item={**table.get_item(Key=key)["Item"], "sealed": item["sealed"]})

    seen = run(says("${TOKEN}", "${OTHER}"))

    assert seen.row("t0")["error"]["code"] == "credential_unavailable"
    assert seen.outputs("t1") == {"said": "******"}


def test_a_turn_reads_once_and_one_that_names_none_not_at_all(moto_stack: MotoStack, run: Finished):
    store(moto_stack, "TOKEN", VALUE)
    moto_stack.calls.clear()
    run(says("nothing"))
    assert {"KMS.Decrypt", "DynamoDB.BatchGetItem"}.isdisjoint(moto_stack.calls.of("runner"))

    run(says("${TOKEN}", "${TOKEN}", "${NONE}", namespace="x"))

    made = moto_stack.calls.of("runner")
    assert (made.count("KMS.Decrypt"), made.count("DynamoDB.BatchGetItem")) == (1, 1)
