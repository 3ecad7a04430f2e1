"""Random flows through the API, the real machine and the real runner come to what they should."""

import json
from typing import Any

import boto3
from hypothesis import HealthCheck, Phase, given, note, settings

from shared.executions.repository import ExecutionRepository
from shared.flows.plan import compile_plan
from tests.support.outcomes import check, definition_of
from tests.support.random_flows import flows
from tests.support.stack import MotoStack


@settings(
    max_examples=12,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(flows(waits=False))
def test_a_flow_under_the_machine_comes_to_what_the_reference_says(
    moto_stack: MotoStack, written: Any
):
    note(json.dumps(written))
    definition = definition_of(written)
    body = {"yamlContent": json.dumps(written), "name": f"random-{len(moto_stack.runs())}"}
    flow = moto_stack.api("POST", "/api/v1/flows", body).body
    answer = moto_stack.api("POST", f"/api/v1/flows/{flow['id']}/execute")
    moto_stack.wait_for_execution(answer.body["executionId"])

    table = boto3.resource("dynamodb").Table(moto_stack.environment["EXECUTIONS_TABLE_NAME"])
    state = ExecutionRepository(table).load("default", answer.body["executionId"])

    assert state
    check(compile_plan(definition), state.execution, state.runs)
