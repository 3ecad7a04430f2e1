"""A secret input: readable by templates while the flow runs, never seen by anybody else."""

import base64
import json
from typing import Any

import boto3
import pytest

from shared.masking import MASK
from tests.support.fixtures import Finished
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


def test_the_table_holds_the_secret_among_the_inputs_only(moto_stack: MotoStack, run: Finished):
    run(FLOW, INPUTS)
    table = moto_stack.environment["EXECUTIONS_TABLE_NAME"]

    items = boto3.client("dynamodb").scan(TableName=table)["Items"]

    places = [
        (item["sk"]["S"], name)
        for item in items
        for name, value in item.items()
        if "en/w" in json.dumps(value, ensure_ascii=False)
    ]
    assert sorted(places) == [("execution", "hiddenInputs"), ("execution", "secrets")]


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
