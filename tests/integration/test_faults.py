"""AWS refusing any one call: repeated by a machine, completed by the next try or the reconciler."""

from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.refusing import each_error, failing_calls, is_busy
from tests.support.stack import MotoStack

pytestmark = pytest.mark.proof

LITTLE = "name: little\ntasks: [{name: a, type: core.set, properties: {values: {x: 1}}}]\n"
FLOW = """
name: much
tasks:
  - {name: first, type: core.set, properties: {values: {n: 1}}}
  - name: both
    type: flow.parallel
    tasks:
      - {name: left, type: core.set, properties: {values: {n: '{{ outputs.first.n + 1 }}'}}}
      - {name: right, type: core.set, when: 'false', properties: {values: {n: 2}}}
  - {name: each, type: flow.foreach, properties: {items: [1, 2]}, tasks: [
      {name: one, type: util.log, properties: {message: '{{ item }}'}}]}
  - {name: wrong, type: util.validate, properties: {data: {}, schema: {required: [x]}}}
errors: [{name: told, type: util.log, properties: {message: '{{ error.taskName }}'}}]
finally: [{name: bye, type: core.set, properties: {values: {n: 9}}}]
"""
ENDS = {
    **dict.fromkeys(("first", "both", "left", "each", "one", "told", "bye"), "SUCCESS"),
    "right": "SKIPPED",
    "wrong": "FAILED",
}


@each_error
def test_saving_changing_and_forgetting_a_flow_is_all_or_nothing_and_the_next_try_does_it(
    error: Exception, moto_stack: MotoStack
):
    for number in failing_calls(moto_stack, error, "flows"):
        text = LITTLE.replace("little", f"f{number}")
        path = "/api/v1/flows"
        saved = twice(moto_stack, "POST", path, {"yamlContent": text}, 201)
        path = f"{path}/{saved['id']}"
        newer = f"{text}description: new\n"
        changed = twice(moto_stack, "PUT", path, {"yamlContent": newer}, 200)
        twice(moto_stack, "POST", f"{path}/deactivate", None, 200)
        twice(moto_stack, "DELETE", path, None, 204)

        assert (changed["revision"], changed["yamlContent"]) == (2, newer)
        assert twice(moto_stack, "GET", "/api/v1/flows", None, 200) == []


def twice(stack: MotoStack, method: str, path: str, body: Any, expected: int) -> Any:
    answer = stack.api(method, path, body)
    if is_busy(answer):
        answer = stack.api(method, path, body)
    assert answer.status == expected, answer.body
    return answer.body


@each_error
@pytest.mark.parametrize("route", ["execute", "executions"])
def test_a_start_is_accepted_at_the_next_try_and_runs_once(
    route: str, error: Exception, moto_stack: MotoStack, create_flow: Any
):
    flow = create_flow(LITTLE)
    path, body = f"/api/v1/flows/{flow['id']}/execute", {}
    if route == "executions":
        path, body = "/api/v1/executions", {"flowId": flow["id"]}

    started = []
    for number in failing_calls(moto_stack, error, "executions"):
        key = {"idempotency-key": f"k{number}"}
        answer = moto_stack.api("POST", path, body, key)
        if is_busy(answer):
            answer = moto_stack.api("POST", path, body, key)
        assert answer.status in {201, 202}
        moto_stack.invoke("reconcile", {"all": True})
        started.append(answer.body["executionId"])

    moto_stack.calls.clear()
    for execution_id in started:
        assert moto_stack.wait_for_execution(execution_id)["execution"]["status"] == "SUCCESS"
    listed = [each["id"] for each in moto_stack.api("GET", "/api/v1/executions").body]
    assert sorted(listed) == sorted(started)
    assert sorted(run["name"] for run in moto_stack.runs()) == sorted(f"{id_}-1" for id_ in started)


@each_error
def test_what_is_read_can_be_read_at_the_next_try(
    error: Exception, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    execution_id = execute(create_flow(LITTLE)["id"])
    moto_stack.wait_for_execution(execution_id)

    for path in ("", f"/{execution_id}", f"/{execution_id}/results", f"/{execution_id}/logs"):
        for _ in failing_calls(moto_stack, error, "executions"):
            twice(moto_stack, "GET", f"/api/v1/executions{path}", None, 200)


@each_error
def test_a_runner_whose_call_is_refused_is_tried_again_and_records_each_task_once(
    error: Exception, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(FLOW)

    for _ in failing_calls(moto_stack, error, "runner"):
        detail = moto_stack.wait_for_execution(execute(flow["id"]))

        assert detail["execution"]["status"] == "FAILED"
        assert detail["execution"]["error"]["taskName"] == "wrong"
        assert {task["taskName"]: task["status"] for task in detail["tasks"]} == ENDS
        written = Counter(
            call.parameters["Item"]["sk"]
            for call in moto_stack.calls.all()
            if call.function == "runner" and call.operation == "DynamoDB.PutItem"
        )
        assert set(written.values()) == {1}


@each_error
def test_a_reconciler_whose_call_is_refused_leaves_what_the_next_one_does(
    error: Exception, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(LITTLE)

    for _ in failing_calls(moto_stack, error, "reconcile"):
        execution_id = dead(moto_stack, execute, flow["id"])
        for _ in range(2):
            try:
                moto_stack.invoke("reconcile", {"all": True})
            except (ClientError, RuntimeError):
                continue

        assert moto_stack.wait_for_execution(execution_id)["execution"]["status"] == "SUCCESS"


def dead(stack: MotoStack, execute: Any, flow_id: str) -> str:
    """An execution whose run was stopped before its runner did anything."""
    stack.dies_for_good = stack.always_dies = True
    execution_id: str = execute(flow_id)
    stack.wait_until(lambda: all(run["status"] != "RUNNING" for run in stack.runs()))
    stack.dies_for_good = stack.always_dies = False
    return execution_id
