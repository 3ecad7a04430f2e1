"""Executions that start others: results, failures, recursion, cancellation, crashes."""

import json
from typing import Any

import pytest

from tests.support.stack import MotoStack

CHILD = """
name: child
inputs: [{name: n, type: INT}]
tasks:
  - {name: double, type: util.math, properties: {operation: mul, a: '{{ inputs.n }}', b: 2}}
outputs: {n: '{{ outputs.double.result }}'}
"""
PARENT = """
name: parent
tasks:
  - {name: sub, type: flow.subflow, properties: {namespace: default, name: child, inputs: {n: 21}}}
  - {name: after, type: core.set, properties: {values: {n: '{{ outputs.sub.outputs.n }}'}}}
outputs: {n: '{{ outputs.after.n }}'}
"""


def run(stack: MotoStack, execute: Any, flow: Any) -> Any:
    return stack.wait_for_execution(execute(flow["id"]))


def task_of(detail: Any, name: str) -> Any:
    return next(task for task in detail["tasks"] if task["taskName"] == name)


def test_a_parent_waits_for_its_child_and_reads_its_result(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    create_flow(CHILD)
    detail = run(moto_stack, execute, create_flow(PARENT))

    assert detail["execution"]["status"] == "SUCCESS"
    assert detail["execution"]["outputs"] == {"n": 42}
    outputs = json.loads(task_of(detail, "sub")["outputs"])
    assert outputs["status"] == "SUCCESS"
    child = moto_stack.api("GET", f"/api/v1/executions/{outputs['executionId']}").body["execution"]
    assert child["triggerType"] == "subflow"
    assert child["trigger"]["id"] == detail["execution"]["id"]
    assert child["parent"]["taskName"] == "sub"


def test_a_parent_that_does_not_wait_goes_on_at_once(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    create_flow(CHILD)
    flow = create_flow(
        PARENT.replace("{n: 21}}", "{n: 21}, wait: false}").split("  - {name: after")[0]
    )
    detail = run(moto_stack, execute, flow)

    assert detail["execution"]["status"] == "SUCCESS"
    child = json.loads(task_of(detail, "sub")["outputs"])["executionId"]
    assert moto_stack.wait_for_execution(child)["execution"]["status"] == "SUCCESS"


@pytest.mark.parametrize(("transmit", "status"), [("true", "FAILED"), ("false", "SUCCESS")])
def test_a_childs_failure_is_transmitted_unless_it_is_not(
    transmit: str, status: str, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    create_flow(
        "name: child\ntasks:\n  - {name: boom, type: util.validate, "
        "properties: {data: {}, schema: {required: [x], type: object}}}\n"
    )
    flow = create_flow(
        "name: parent\ntasks:\n  - {name: sub, type: flow.subflow, "
        f"properties: {{namespace: default, name: child, transmitFailed: {transmit}}}}}\n"
    )
    detail = run(moto_stack, execute, flow)

    assert detail["execution"]["status"] == status
    assert json.loads(task_of(detail, "sub")["outputs"])["status"] == "FAILED"


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ("{namespace: default, name: nobody}", "flow_not_found"),
        ("{flowId: 01890000-0000-7000-8000-000000000000}", "flow_not_found"),
        ("{namespace: default, name: child, inputs: {n: no}}", "invalid_inputs"),
        ("{namespace: default, name: off}", "flow_not_runnable"),
    ],
)
def test_a_subflow_that_cannot_start_fails_its_task(
    properties: str, code: str, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    create_flow(CHILD)
    create_flow(
        "name: off\ndisabled: true\ntasks: [{name: a, type: core.set, properties: {values: {}}}]"
    )
    flow = create_flow(
        f"name: p\ntasks:\n  - {{name: sub, type: flow.subflow, properties: {properties}}}\n"
    )
    detail = run(moto_stack, execute, flow)

    assert detail["execution"]["error"]["code"] == code


def test_recursion_ends(moto_stack: MotoStack, create_flow: Any, execute: Any):
    flow = create_flow(
        "name: self\ntasks:\n  - {name: again, type: flow.subflow, "
        "properties: {namespace: default, name: self}}\n"
    )

    detail = run(moto_stack, execute, flow)

    assert detail["execution"]["status"] == "FAILED"
    assert "flows inside each other" in detail["execution"]["error"]["message"]
    assert len(moto_stack.api("GET", "/api/v1/executions").body) == 11


def test_a_parent_may_die_at_every_call(moto_stack: MotoStack, create_flow: Any, execute: Any):
    create_flow(CHILD)
    flow = create_flow(PARENT)
    for number in range(1, 60):
        moto_stack.calls.clear()
        moto_stack.calls.crash_after(number)
        detail = run(moto_stack, execute, flow)
        assert detail["execution"]["status"] == "SUCCESS", number
        assert detail["execution"]["outputs"] == {"n": 42}
        if not moto_stack.calls.has_crashed:
            break
    else:
        pytest.fail("no end of calls")
    children = moto_stack.api("GET", "/api/v1/executions?limit=500").body
    assert sum(each["flowName"] == "child" for each in children) == number
