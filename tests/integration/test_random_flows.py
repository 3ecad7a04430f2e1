"""Random flows through the API, the real machine and the real runner come to what they should."""

import json
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from shared.executions.store.repository import ExecutionRepository
from shared.flows.plans.compiler import compile_plan
from tests.support.outcomes import check, definition_of
from tests.support.random_flows import flows
from tests.support.stack import MotoStack

pytestmark = pytest.mark.proof

VERBS = {"yes": "approve", "no": "reject"}


@settings(
    max_examples=20,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(
    flows(waits=False), st.sampled_from(["segment", "task"]), st.none() | st.integers(1, 25)
)  # fmt: skip
def test_a_flow_under_the_machine_comes_to_what_the_reference_says(
    moto_stack: MotoStack, written: Any, isolation: str, crash: int | None
):
    written = {**written, "isolation": isolation}
    note(json.dumps(written))
    definition = definition_of(written)
    body = {"yamlContent": json.dumps(written), "name": f"random-{len(moto_stack.runs())}"}
    flow = moto_stack.api("POST", "/api/v1/flows", body).body
    moto_stack.calls.clear()
    if crash:
        moto_stack.calls.crash_after(crash)
    answer = moto_stack.api("POST", f"/api/v1/flows/{flow['id']}/execute")
    decide_until_the_end(moto_stack, answer.body["executionId"])

    table = boto3.resource("dynamodb").Table(moto_stack.environment["EXECUTIONS_TABLE_NAME"])
    state = ExecutionRepository(table).load("default", answer.body["executionId"])

    assert state
    check(compile_plan(definition), state.execution, state.runs)


def decide_until_the_end(stack: MotoStack, execution_id: str) -> None:
    """Answer each gate as its message says, parked or not."""

    def has_ended() -> bool:
        asked = stack.api("GET", "/api/v1/approvals?status=PENDING").body
        for approval in asked:
            verb = VERBS[approval["message"]]
            stack.api("POST", f"/api/v1/approvals/{approval['id']}/{verb}")
        return not asked and stack.has_ended(execution_id)

    stack.wait_until(has_ended)
