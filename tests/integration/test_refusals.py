"""AWS refusing calls for gates, cancels and retries; services that answer much, or never."""

import json
import socket
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.aftermath import age, check_nothing_left, table
from tests.support.events import sqs_event
from tests.support.fixtures import Finished
from tests.support.refusing import ERRORS, each_error, failing_calls, is_busy
from tests.support.servers import Server, answering, serving
from tests.support.stack import Answer, MotoStack

pytestmark = pytest.mark.proof

GATE = """
name: gated
concurrency: {limit: 1}
tasks:
  - name: g
    type: flow.gate
    properties: {message: 'Go?', timeout: 2h, onTimeout: approve, remind: [10m]}
finally: [{name: last, type: core.set, properties: {values: {}}}]
"""
BROKEN = """
name: broken
tasks: [{name: a, type: core.set, properties: {values: {x: '{{ inputs.nope }}'}}}]
"""
CALL = """
name: call
tasks:
  - {name: a, type: http.request, allowFailure: true, properties: {url: '%s'}}
  - {name: b, type: core.set, properties: {values: {size: '{{ outputs.a.body | default("") | length }}'}}}
outputs: {size: '{{ outputs.b.size }}'}
"""  # noqa: E501 - as it stands in YAML


def post(stack: MotoStack, path: str, **headers: str) -> Answer:
    """Ask, and once more if that is what the refusal says."""
    answer = stack.api("POST", path, None, headers)
    return stack.api("POST", path, None, headers) if is_busy(answer) else answer


def status(stack: MotoStack, execution_id: str) -> str:
    return str(stack.wait_for_execution(execution_id)["execution"]["status"])


def insist(invoke: Any) -> None:
    """Invoke as a schedule does: what fails is tried again by the next."""
    for _ in range(2):
        try:
            invoke()
        except (ClientError, RuntimeError):
            continue


@each_error
def test_a_decision_is_stored_once_whatever_is_refused(
    error: Exception, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(GATE)
    for _ in failing_calls(moto_stack, error, "approvals"):
        execution_id = execute(flow["id"])
        moto_stack.wait_until(partial(moto_stack.is_parked, execution_id))
        asked = newest_approval(moto_stack)
        answer = post(moto_stack, f"/api/v1/approvals/{asked}/approve")
        assert answer.status == 200
        moto_stack.invoke("reconcile", {"all": True})

        assert status(moto_stack, execution_id) == "SUCCESS"
        check_nothing_left(moto_stack)


def newest_approval(stack: MotoStack) -> str:
    items = table(stack, "APPROVALS_TABLE_NAME").scan()["Items"]
    return max(str(item["id"]) for item in items)


def test_a_timer_that_is_refused_rings_again(moto_stack: MotoStack, create_flow: Any, execute: Any):
    flow = create_flow(GATE)
    for _ in failing_calls(moto_stack, ERRORS[0], "timers"):
        asked = moto_stack.wait_for_approval(execute(flow["id"]))
        age(moto_stack, asked, hours=3)
        body = json.dumps({"tenant": "default", "executionId": asked["executionId"]})
        event = sqs_event([{"MessageId": "1", "ReceiptHandle": "r", "Body": body}])
        if moto_stack.invoke("timers", event)["batchItemFailures"]:
            assert moto_stack.invoke("timers", event)["batchItemFailures"] == []

        assert status(moto_stack, asked["executionId"]) == "SUCCESS"
        check_nothing_left(moto_stack)


def test_a_reconciler_that_is_refused_wakes_at_its_next_try(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(GATE)
    for _ in failing_calls(moto_stack, ERRORS[0], "reconcile"):
        asked = moto_stack.wait_for_approval(execute(flow["id"]))
        age(moto_stack, asked, hours=3)
        insist(lambda: moto_stack.invoke("reconcile", {"all": True}))

        assert status(moto_stack, asked["executionId"]) == "SUCCESS"
        check_nothing_left(moto_stack)


def test_a_runner_that_is_refused_asks_once_and_ends(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(GATE)
    for _ in failing_calls(moto_stack, ERRORS[0], "runner"):
        asked = moto_stack.wait_for_approval(execute(flow["id"]))
        assert moto_stack.api("POST", f"/api/v1/approvals/{asked['id']}/approve").status == 200

        assert status(moto_stack, asked["executionId"]) == "SUCCESS"
        check_nothing_left(moto_stack)


@each_error
def test_a_cancel_that_is_refused_is_accepted_at_the_next_try(
    error: Exception, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(GATE)
    ids = []
    for number in range(1, 12):
        moto_stack.calls.clear()
        execution_id = execute(flow["id"])
        moto_stack.wait_for_approval(execution_id)
        moto_stack.calls.fail_at(number, error, "executions")
        answer = post(moto_stack, f"/api/v1/executions/{execution_id}/cancel")
        has_failed = moto_stack.calls.has_failed
        moto_stack.calls.clear()
        moto_stack.invoke("reconcile", {"all": True})

        assert answer.status in {202, 409}
        assert status(moto_stack, execution_id) == "CANCELLED"
        check_nothing_left(moto_stack)
        ids.append(execution_id)
        if not has_failed:
            break
    assert 3 < len(ids) < 11


@each_error
def test_a_retry_that_is_refused_is_made_once_by_its_key(
    error: Exception, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    source = execute(create_flow(BROKEN)["id"])
    moto_stack.wait_for_execution(source)
    path, made = f"/api/v1/executions/{source}/retry", []
    for number in failing_calls(moto_stack, error, "executions"):
        answer = post(moto_stack, path, **{"idempotency-key": f"k{number}"})
        assert answer.status == 202
        moto_stack.invoke("reconcile", {"all": True})
        made.append(answer.body["executionId"])

    moto_stack.calls.clear()
    assert {status(moto_stack, each) for each in made} == {"FAILED"}
    assert len(moto_stack.runs()) == len(made) + 1
    check_nothing_left(moto_stack)


@pytest.mark.timing
@pytest.mark.enable_socket
@pytest.mark.parametrize(("size", "kept"), [(6_000_000, 6_000_000), (11_000_000, 0)])
def test_a_service_that_answers_megabytes_is_kept_or_fails_its_task(
    size: int, kept: int, run: Finished, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HEADRACE_EGRESS_ALLOW", "127.0.0.1")
    head = "HTTP/1.1 200 OK\ncontent-type: text/plain"
    with serving(answering(head, b"x" * size)) as server:
        seen = run(CALL % server.url)

    assert seen.execution["status"] == "SUCCESS"
    assert seen.execution["outputs"] == {"size": kept}
    assert seen.row("a")["status"] == ("SUCCESS" if kept else "FAILED")


@pytest.mark.timing
@pytest.mark.enable_socket
def test_a_service_that_never_answers_costs_its_task_no_more_than_the_runner_has(
    moto_stack: MotoStack, run: Finished, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HEADRACE_EGRESS_ALLOW", "127.0.0.1")
    moto_stack.timeouts["runner"] = 21

    def stay_silent(_connection: socket.socket, _request: bytes, server: Server) -> None:
        server.stopping.wait()

    with serving(stay_silent) as server:
        seen = run(CALL % server.url)

    assert seen.execution["status"] == "SUCCESS"
    assert seen.row("a")["status"] == "TIMED_OUT"
    assert seen.row("a")["error"]["code"] == "timeout"
