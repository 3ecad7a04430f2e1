"""A secret input: readable by templates while the flow runs, never seen by anybody else."""

import base64
import hashlib
import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from shared.masking import MASK
from tests.integration.test_large_inputs import rows
from tests.support.fixtures import Finished
from tests.support.secrecy import Secrets, kept
from tests.support.stack import MotoStack

TOKEN = 'tok"en/wörd+1'
ENCODED = base64.b64encode(TOKEN.encode()).decode()
FLOW = """
name: secret
inputs:
  - {name: token, type: SECRET}
  - {name: pin, type: SECRET}
  - {name: url, type: STRING, required: false}
tasks:
  - name: sign
    type: core.set
    properties:
      values:
        raw: 'Bearer {{ inputs.token }}'
        base64: '{{ inputs.token | base64encode }}'
        url: 'https://x.example/?t={{ inputs.token | urlencode }}'
        json: '{{ {"t": inputs.token} }} as JSON'
        length: '{{ inputs.token | length }}'
  - name: say
    type: util.log
    properties: {message: '{{ inputs.token }} {{ outputs.sign.raw }}'}
  - name: broken
    type: util.validate
    allowFailure: true
    properties:
      data: {x: '{{ inputs.token }}'}
      schema: {properties: {x: {enum: ['{{ inputs.token }}', '{{ inputs.token }}']}}}
  - name: undefined
    type: util.log
    allowFailure: true
    properties: {message: '{{ outputs.sign[inputs.token] }}'}
outputs:
  again: '{{ inputs.token }}'
  read: '{{ outputs.sign.raw }}'
"""
INPUTS = {"token": TOKEN, "pin": "123", "url": f"https://x.example/{TOKEN}"}


def test_no_form_of_a_secret_leaves_the_execution(run: Finished):
    seen = run(FLOW, INPUTS)

    assert seen.execution["inputs"] == {"token": "******", "pin": "******", "url": "******"}
    sign = seen.outputs("sign")
    assert sign["raw"] == "Bearer ******"
    assert sign["base64"] == "******"
    assert sign["url"] == "https://x.example/?t=******"
    assert sign["json"] == '{"t":"******"} as JSON'
    assert sign["length"] == len(TOKEN)
    assert seen.execution["outputs"] == {"again": "******", "read": "Bearer ******"}
    assert next(line["message"] for line in seen.logs) == "****** Bearer ******"
    everything = json.dumps([seen.execution, seen.tasks, seen.results, seen.logs])
    everything += json.dumps(json.loads(everything), ensure_ascii=False)
    assert TOKEN not in everything
    assert json.dumps(TOKEN)[1:-1] not in everything
    assert ENCODED not in everything


def test_no_table_and_no_object_holds_a_secret(moto_stack: MotoStack, run: Finished):
    long = "L" + hashlib.sha256(TOKEN.encode()).hexdigest() * 60
    large = {**INPUTS, "url": f"https://x.example/{TOKEN}/{long}{'x' * 250_000}"}

    for name, inputs in (("a", INPUTS), ("b", {"token": long, "pin": "123"}), ("c", large)):
        seen = run(FLOW.replace("name: secret", f"name: {name}", 1), inputs)
        assert seen.execution["status"] == "SUCCESS"

    assert Secrets({"token": TOKEN, "long": long}).found_in(kept(moto_stack)) == []
    [*_, row] = sorted(rows(moto_stack), key=lambda row: row["id"])
    assert {"secrets", "hiddenInputs", "inheritedSecrets"}.isdisjoint(row)
    assert [each["ownerId"] for each in row["sealedInputs"]] == [row["id"]]


def kms_calls(stack: MotoStack) -> list[tuple[str, str]]:
    """The calls of KMS so far, and by whom."""
    called = [(call.function, call.operation) for call in stack.calls.all()]
    return [(function, name) for function, name in called if name.startswith("KMS.")]


def test_a_start_and_a_run_ask_for_a_key_once_and_those_without_secrets_never(
    moto_stack: MotoStack, run: Finished
):
    run(CHILD, {"header": "a", "plain": "b"})
    assert kms_calls(moto_stack) == []

    run(FLOW, INPUTS)

    assert kms_calls(moto_stack) == [
        ("executions", "KMS.GenerateDataKey"),
        ("runner", "KMS.Decrypt"),
    ]


AWAY = ClientError({"Error": {"Code": "ThrottlingException"}}, "GenerateDataKey")


def fail_kms(stack: MotoStack, times: int = 1) -> None:
    for _ in range(times):
        stack.calls.fail_next(AWAY, lambda call: call.operation.startswith("KMS."))


@pytest.mark.parametrize("path", ["executions", "flows/{id}/execute", "flows/{id}/test"])
def test_a_start_without_a_key_is_refused_and_makes_nothing_and_its_repeat_starts(
    path: str, moto_stack: MotoStack, create_flow: Any
):
    flow = create_flow(FLOW)
    body: dict[str, Any] = {"inputs": INPUTS}
    body |= {"flowId": flow["id"]} if path == "executions" else {}
    place, key = f"/api/v1/{path.format(id=flow['id'])}", {"idempotency-key": "k"}
    fail_kms(moto_stack)

    refused = moto_stack.api("POST", place, body, key)

    assert (refused.status, refused.body["code"]) == (503, "unavailable")
    assert int(refused.headers["retry-after"]) > 0
    assert moto_stack.api("GET", "/api/v1/executions").body == []
    started = moto_stack.api("POST", place, body, key)
    assert started.status in {201, 202}
    again = moto_stack.api("POST", place, body, key)
    assert again.body["executionId"] == started.body["executionId"]
    detail = moto_stack.wait_for_execution(started.body["executionId"])
    assert detail["execution"]["status"] == "SUCCESS"


def test_a_run_waits_for_the_key(moto_stack: MotoStack, create_flow: Any, execute: Any):
    flow = create_flow(FLOW)
    moto_stack.calls.fail_next(AWAY, lambda call: call.operation == "KMS.Decrypt")

    detail = moto_stack.wait_for_execution(execute(flow["id"], {"inputs": INPUTS}))

    assert moto_stack.calls.has_failed
    assert detail["execution"]["status"] == "SUCCESS"


def test_a_child_whose_secrets_cannot_be_sealed_now_is_begun_later(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    create_flow(CHILD)
    parent = create_flow(PARENT)
    moto_stack.calls.fail_next(
        AWAY, lambda call: (call.function, call.operation) == ("runner", "KMS.GenerateDataKey")
    )

    detail = moto_stack.wait_for_execution(execute(parent["id"], {"inputs": {"token": TOKEN}}))

    assert moto_stack.calls.has_failed
    assert detail["execution"]["status"] == "SUCCESS"
    assert len(rows(moto_stack)) == 2
    assert Secrets({"token": TOKEN}).found_in(kept(moto_stack)) == []


def test_what_was_stored_in_clear_by_an_earlier_release_still_runs_and_is_retried_sealed(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    text = FLOW.replace("outputs:", "outputs:\n  none: '{{ inputs.none }}'")
    source = execute(create_flow(text)["id"], {"inputs": INPUTS})
    moto_stack.wait_for_execution(source)
    table = boto3.resource("dynamodb").Table(moto_stack.environment["EXECUTIONS_TABLE_NAME"])
    table.update_item(
        Key={"pk": f"default#{source}", "sk": "execution"},
        UpdateExpression="SET secrets = :s, hiddenInputs = :h, inputs = :i REMOVE sealedInputs",
        ExpressionAttributeValues={
            ":s": json.dumps({"token": TOKEN, "pin": "123"}),
            ":h": json.dumps({"url": INPUTS["url"]}),
            ":i": "{}",
        },
    )

    retried = moto_stack.api("POST", f"/api/v1/executions/{source}/retry?full=true").body

    detail = moto_stack.wait_for_execution(retried["executionId"])
    assert detail["execution"]["inputs"] == dict.fromkeys(INPUTS, MASK)
    signed = next(each for each in detail["tasks"] if each["taskName"] == "sign")
    assert json.loads(signed["outputs"])["length"] == len(TOKEN)
    [row] = [row for row in rows(moto_stack) if row["id"] == retried["executionId"]]
    assert Secrets({"token": TOKEN}).leaks(row) == set()


@pytest.mark.parametrize("query", ["", "?full=true", "?revision=latest"])
def test_a_retry_takes_over_what_is_sealed_and_asks_for_no_key(
    query: str, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    text = FLOW.replace("outputs:", "outputs:\n  none: '{{ inputs.none }}'")
    flow = create_flow(text)
    source = execute(flow["id"], {"inputs": INPUTS})
    moto_stack.wait_for_execution(source)
    if "latest" in query:
        put = {"yamlContent": text.replace("message: '", "message: 'x ")}
        assert moto_stack.api("PUT", f"/api/v1/flows/{flow['id']}", put).status == 200
    moto_stack.calls.clear()

    retried = moto_stack.api("POST", f"/api/v1/executions/{source}/retry{query}").body
    again = moto_stack.wait_for_execution(retried["executionId"])
    twice = moto_stack.api("POST", f"/api/v1/executions/{again['execution']['id']}/retry").body
    detail = moto_stack.wait_for_execution(twice["executionId"])

    # The runner's process has opened these very bytes before.
    assert kms_calls(moto_stack) == []
    assert detail["execution"]["inputs"] == dict.fromkeys(INPUTS, MASK)
    signed = next(each for each in detail["tasks"] if each["taskName"] == "sign")
    assert json.loads(signed["outputs"])["length"] == len(TOKEN)
    owners = [each["ownerId"] for row in rows(moto_stack) for each in row["sealedInputs"]]
    assert owners == [source] * 3


def test_a_retry_seals_what_a_newer_revision_declares_secret(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    text = """
name: growing
inputs: [{name: token, type: SECRET}, {name: other, type: STRING}]
tasks: [{name: both, type: core.set, properties: {values: {x: '{{ inputs }}'}}}]
outputs: {none: '{{ inputs.none }}'}
"""
    flow = create_flow(text)
    other = "not-a-secret-so-far"
    source = execute(flow["id"], {"inputs": {"token": TOKEN, "other": other}})
    moto_stack.wait_for_execution(source)
    put = {"yamlContent": text.replace("STRING", "SECRET")}
    assert moto_stack.api("PUT", f"/api/v1/flows/{flow['id']}", put).status == 200

    retried = moto_stack.api("POST", f"/api/v1/executions/{source}/retry?revision=latest").body

    detail = moto_stack.wait_for_execution(retried["executionId"])
    assert detail["execution"]["inputs"] == {"token": MASK, "other": MASK}
    [row] = [row for row in rows(moto_stack) if row["id"] == retried["executionId"]]
    assert [each["ownerId"] for each in row["sealedInputs"]] == [source, row["id"]]
    assert Secrets({"token": TOKEN, "other": other}).leaks([row, detail]) == set()


def test_a_retry_whose_secret_the_newer_revision_does_not_take_fails_of_it(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    text = """
name: changing
inputs: [{name: token, type: SECRET}]
tasks: [{name: a, type: util.log, properties: {message: '{{ inputs.token }}'}}]
outputs: {none: '{{ inputs.none }}'}
"""
    flow = create_flow(text)
    source = execute(flow["id"], {"inputs": {"token": TOKEN}})
    moto_stack.wait_for_execution(source)
    put = {"yamlContent": text.replace("SECRET", "INT")}
    assert moto_stack.api("PUT", f"/api/v1/flows/{flow['id']}", put).status == 200

    retried = moto_stack.api("POST", f"/api/v1/executions/{source}/retry?revision=latest")

    assert retried.status == 202
    detail = moto_stack.wait_for_execution(retried.body["executionId"])
    assert detail["execution"]["status"] == "FAILED"
    assert detail["execution"]["error"]["code"] == "invalid_inputs"
    assert [each["status"] for each in detail["tasks"] if each["startedAt"]] == []
    assert Secrets({"token": TOKEN}).leaks(detail) == set()


@pytest.mark.parametrize(("is_key_same", "status"), [(True, 202), (False, 409)])
def test_a_retry_waits_in_the_line_of_its_source_if_the_key_is_secret(
    status: int, moto_stack: MotoStack, create_flow: Any, execute: Any, *, is_key_same: bool
):
    text = """
name: lines
concurrency: {limit: 1, key: inputs.token}
inputs: [{name: token, type: SECRET}]
tasks: [{name: a, type: util.log, properties: {message: x}}]
outputs: {none: '{{ inputs.none }}'}
"""
    flow = create_flow(text)
    source = execute(flow["id"], {"inputs": {"token": TOKEN}})
    moto_stack.wait_for_execution(source)
    key = "inputs.token" if is_key_same else "inputs.token ~ 'x'"
    put = {"yamlContent": text.replace("key: inputs.token", f'key: "{key}"')}
    assert moto_stack.api("PUT", f"/api/v1/flows/{flow['id']}", put).status == 200

    retried = moto_stack.api("POST", f"/api/v1/executions/{source}/retry?revision=latest")

    assert retried.status == status, retried.body
    if is_key_same:
        moto_stack.wait_for_execution(retried.body["executionId"])
        assert len({row["slot"]["line"] for row in rows(moto_stack)}) == 1


def test_starts_and_replays_show_a_mask(moto_stack: MotoStack, create_flow: Any):
    flow = create_flow(FLOW)
    body = {"flowId": flow["id"], "inputs": INPUTS, "labels": {"who": f"me {TOKEN}"}}

    first, second = (
        moto_stack.api("POST", "/api/v1/executions", body, {"idempotency-key": "k"})
        for _ in range(2)
    )
    listed = moto_stack.api("GET", "/api/v1/executions")

    assert first.body == second.body
    for shown in (first.body, listed.body[0]):
        assert shown["inputs"] == {"token": "******", "pin": "******", "url": "******"}
        assert shown["labels"] == {"who": "me ******"}
        assert "secrets" not in shown


def test_a_wrong_secret_is_refused_without_saying_it(moto_stack: MotoStack, create_flow: Any):
    flow = create_flow(FLOW.replace("type: SECRET}", "type: SECRET, min: 50, pattern: 'x+'}", 1))

    answer = moto_stack.api("POST", f"/api/v1/flows/{flow['id']}/execute", {"inputs": INPUTS})

    assert answer.body["code"] == "invalid_inputs"
    assert "en/w" not in json.dumps(answer.body, ensure_ascii=False)


CHILD = """
name: child
inputs: [{name: header, type: STRING}, {name: plain, type: STRING}]
tasks: [{name: say, type: util.log, properties: {message: 'got {{ inputs.header }}'}}]
outputs: {length: '{{ inputs.header | length }}', header: '{{ inputs.header }}'}
"""
PARENT = """
name: parent
inputs: [{name: token, type: SECRET}]
tasks:
  - name: call
    type: flow.subflow
    properties: {name: child, inputs: {header: 'Bearer {{ inputs.token }}', plain: yes}}
"""


def test_a_secret_stays_one_in_the_flow_that_it_is_handed_to(
    moto_stack: MotoStack, create_flow: Any, run: Finished
):
    create_flow(CHILD)

    seen = run(PARENT, {"token": TOKEN})

    call = seen.outputs("call")
    assert call["outputs"]["header"] == "Bearer ******"
    child = moto_stack.api("GET", f"/api/v1/executions/{call['executionId']}").body
    logs = moto_stack.api("GET", f"/api/v1/executions/{call['executionId']}/logs").body
    assert child["execution"]["inputs"] == {"header": "******", "plain": "yes"}
    assert child["execution"]["outputs"] == {
        "length": len(f"Bearer {TOKEN}"),
        "header": "Bearer ******",
    }
    assert [line["message"] for line in logs] == ["got Bearer ******"]


@pytest.mark.parametrize("declared", ["[]", "[{name: token, type: STRING}]"])
def test_a_secret_stays_one_in_a_retry_on_a_revision_that_declares_it_otherwise(
    declared: str, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    text = """
name: leaving
inputs: [{name: token, type: SECRET}]
tasks: [{name: wrong, type: util.validate, properties: {data: {}, schema: {required: [x]}}}]
"""
    flow = create_flow(text)
    source = execute(flow["id"], {"inputs": {"token": TOKEN}})
    moto_stack.wait_for_execution(source)
    newer = text.replace("[{name: token, type: SECRET}]", declared)
    newer += "outputs: {read: '{{ inputs.token }}'}"
    moto_stack.api("PUT", f"/api/v1/flows/{flow['id']}", {"yamlContent": newer})

    path = f"/api/v1/executions/{source}/retry?revision=latest"
    retry = moto_stack.api("POST", path).body["executionId"]

    detail = moto_stack.wait_for_execution(retry)
    assert detail["execution"]["flowRevision"] == 2
    assert detail["execution"]["inputs"] == {"token": MASK}
    assert json.dumps(TOKEN)[1:-1] not in json.dumps(detail, ensure_ascii=False)
