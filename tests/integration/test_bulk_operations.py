"""Many executions cancelled, retried, or ended with their flow: as an execution of its own."""

import json
from collections import Counter
from typing import Any

import pytest

from tests.support.calls import Crash
from tests.support.stack import MotoStack

CANCEL, RETRY = "/api/v1/executions/cancel", "/api/v1/executions/retry"
NAP = """
name: nap
tasks:
  - {name: nap, type: flow.wait, properties: {duration: 1h}}
finally:
  - {name: tidy, type: core.set, properties: {values: {}}}
"""
FRAGILE = """
name: fragile
inputs:
  - {name: n, type: INT, default: 0}
tasks:
  - {name: once, type: core.set, properties: {values: {id: '{{ uuid() }}'}}}
  - name: check
    type: util.validate
    properties: {data: {of: '{{ execution.retryOf }}'}, schema: {properties: {of: {type: string}}}}
"""
MAX_CALLS = 40


def bulk(stack: MotoStack, path: str, body: Any, **headers: str) -> Any:
    """Send a bulk operation and wait for its end."""
    answer = stack.api("POST", path, body, headers)
    assert answer.status == 202, answer.body
    return stack.wait_for_execution(answer.body["executionId"])


def listed(stack: MotoStack, **query: str) -> list[Any]:
    words = "&".join(f"{name}={value}" for name, value in {"limit": "500", **query}.items())
    found: list[Any] = stack.api("GET", f"/api/v1/executions?{words}").body
    return found


def statuses(stack: MotoStack, flow: Any) -> Counter[str]:
    return Counter(each["status"] for each in listed(stack, flowId=flow["id"]))


def settled(stack: MotoStack, flow: Any) -> Counter[str]:
    """The statuses of a flow's executions once all have ended."""
    for each in listed(stack, flowId=flow["id"]):
        stack.wait_for_execution(each["id"])
    return statuses(stack, flow)


def task_of(detail: Any, name: str) -> Any:
    return next(each for each in detail["tasks"] if each["taskName"] == name)


@pytest.fixture
def nap(moto_stack: MotoStack, create_flow: Any, execute: Any) -> Any:
    """Makes a flow with so many executions that wait, each labelled odd or not."""

    def start(count: int) -> Any:
        flow = create_flow(NAP)
        for number in range(count):
            execute(flow["id"], {"labels": {"odd": str(number % 2)}})
        moto_stack.wait_until(lambda: statuses(moto_stack, flow) == {"RUNNING": count})
        return flow

    return start


@pytest.fixture
def napping(moto_stack: MotoStack, nap: Any, create_flow: Any, execute: Any) -> Any:
    """A flow with six executions that wait, and one of another flow."""
    other = create_flow(NAP.replace("nap\n", "other\n", 1))
    execute(other["id"])
    moto_stack.wait_until(lambda: statuses(moto_stack, other) == {"RUNNING": 1})
    return nap(6)


def test_a_bulk_cancel_ends_what_its_filter_finds_and_nothing_else(
    moto_stack: MotoStack, napping: Any
):
    detail = bulk(moto_stack, CANCEL, {"flowId": napping["id"], "label": "odd:1"})

    execution = detail["execution"]
    assert execution["status"] == "SUCCESS"
    assert execution["outputs"] == {"matched": 3, "done": 3, "skipped": 0, "failed": 0}
    assert (execution["namespace"], execution["flowName"]) == ("system", "cancel-executions")
    assert settled_after(moto_stack, napping, cancelled=3) == {"CANCELLED": 3, "RUNNING": 3}
    assert len(listed(moto_stack, status="RUNNING")) == 4


def settled_after(stack: MotoStack, flow: Any, *, cancelled: int) -> Counter[str]:
    stack.wait_until(lambda: statuses(stack, flow)["CANCELLED"] == cancelled)
    return statuses(stack, flow)


def test_batches_can_be_watched_and_finally_runs(moto_stack: MotoStack, nap: Any):
    flow = nap(27)

    detail = bulk(moto_stack, CANCEL, {"flowId": flow["id"]})

    runs = [each for each in detail["tasks"] if each["taskName"] == "cancel"]
    assert [len(json.loads(each["outputs"])["done"]) for each in runs] == [25, 2]
    assert settled(moto_stack, flow) == {"CANCELLED": 27}
    one = listed(moto_stack, flowId=flow["id"])[0]["id"]
    detail = moto_stack.api("GET", f"/api/v1/executions/{one}").body
    assert task_of(detail, "tidy")["status"] == "SUCCESS"


def test_a_bulk_cancel_takes_who_waits_for_a_slot_before_who_would_free_it(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(NAP + "concurrency: {limit: 2}\n")
    for _ in range(8):
        execute(flow["id"])

    bulk(moto_stack, CANCEL, {"flowId": flow["id"]})

    assert settled(moto_stack, flow) == {"CANCELLED": 8}
    started = [each for each in listed(moto_stack, flowId=flow["id"]) if each["startedAt"]]
    assert len(started) <= 2


def test_a_bulk_retry_takes_what_failed_once(moto_stack: MotoStack, create_flow: Any, execute: Any):
    flow = create_flow(FRAGILE)
    sources = [execute(flow["id"]) for _ in range(4)]
    assert settled(moto_stack, flow) == {"FAILED": 4}
    path = f"/api/v1/executions/{sources[0]}/retry"
    moto_stack.wait_for_execution(moto_stack.api("POST", path).body["executionId"])

    detail = bulk(moto_stack, RETRY, {"flowId": flow["id"]})
    again = bulk(moto_stack, RETRY, {"flowId": flow["id"], "status": "FAILED"})

    assert detail["execution"]["outputs"]["matched"] == 3
    assert again["execution"]["outputs"]["matched"] == 0
    assert settled(moto_stack, flow) == {"FAILED": 4, "SUCCESS": 4}
    retries = [each for each in listed(moto_stack, flowId=flow["id"]) if each["retryOf"]]
    assert sorted(each["retryOf"] for each in retries) == sorted(sources)


def test_a_full_retry_in_bulk_keeps_nothing(moto_stack: MotoStack, create_flow: Any, execute: Any):
    source = execute(create_flow(FRAGILE)["id"])
    before = moto_stack.wait_for_execution(source)

    detail = bulk(moto_stack, RETRY + "?full=true", {"status": "FAILED"})

    [done] = json.loads(task_of(detail, "retry")["outputs"])["done"]
    after = moto_stack.wait_for_execution(done["retriedAs"])
    assert after["execution"]["retryOf"] == source == done["executionId"]
    assert task_of(after, "once")["outputs"] != task_of(before, "once")["outputs"]


def test_a_bulk_retry_whose_flow_is_gone_fails_and_says_which(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(FRAGILE)
    source = execute(flow["id"])
    moto_stack.wait_for_execution(source)
    assert moto_stack.api("DELETE", f"/api/v1/flows/{flow['id']}").status == 204

    detail = bulk(moto_stack, RETRY, {"flowId": flow["id"]})

    execution = detail["execution"]
    assert execution["status"] == "FAILED"
    assert execution["error"]["code"] == "bulk_incomplete"
    [failed] = json.loads(task_of(detail, "retry")["outputs"])["failed"]
    assert (failed["executionId"], failed["code"]) == (source, "flow_not_found")


@pytest.mark.parametrize(
    ("path", "body", "problem"),
    [
        (CANCEL, {}, "name at least one of flowId"),
        (CANCEL, None, "name at least one of flowId"),
        (CANCEL, {"status": "FAILED"}, "must be one of PAUSED, QUEUED, RUNNING to cancel"),
        (RETRY, {"status": "SUCCESS"}, "must be one of CANCELLED, FAILED, TIMED_OUT to retry"),
        (RETRY, {"flowID": "x"}, "did you mean"),
        (RETRY, {"since": "yesterday"}, "since"),
        (CANCEL, {"namespace": "x" * 500_000}, "at most 150 characters"),
        (CANCEL, {"namespace": "Ops"}, "must be of a-z 0-9"),
        (RETRY, {"flowId": "the-flow"}, "must be an id"),
        (CANCEL, {"correlationId": "x" * 500_000}, "at most 500 characters"),
        (RETRY, {"label": "x:" + "y" * 500_000}, "at most 16000 characters"),
    ],
)
def test_a_filter_that_cannot_be_meant_is_refused(
    moto_stack: MotoStack, path: str, body: Any, problem: str
):
    answer = moto_stack.api("POST", path, body)

    assert (answer.status, answer.body["code"]) == (400, "invalid_request")
    assert problem in json.dumps(answer.body["errors"])
    assert listed(moto_stack) == []


def test_a_key_starts_one_bulk_operation(moto_stack: MotoStack, napping: Any):
    body = {"flowId": napping["id"]}
    first = moto_stack.api("POST", CANCEL, body, {"idempotency-key": "k"})
    again = moto_stack.api("POST", CANCEL, body, {"idempotency-key": "k"})
    other = moto_stack.api("POST", CANCEL, {"status": "RUNNING"}, {"idempotency-key": "k"})

    assert first.body == again.body
    assert again.headers["idempotency-replayed"] == "true"
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
    moto_stack.wait_for_execution(first.body["executionId"])
    assert settled(moto_stack, napping) == {"CANCELLED": 6}


def test_a_bulk_operation_is_sent_again_not_retried(moto_stack: MotoStack):
    detail = bulk(moto_stack, CANCEL, {"namespace": "nowhere"})

    answer = moto_stack.api("POST", f"/api/v1/executions/{detail['execution']['id']}/retry")

    assert (answer.status, answer.body["code"]) == (409, "execution_not_retryable")


@pytest.mark.parametrize("action", ["executions.cancel", "executions.report"])
def test_a_flow_of_a_user_cannot_name_what_bulk_operations_are_made_of(
    moto_stack: MotoStack, action: str
):
    text = f"name: x\ntasks:\n  - {{name: a, type: {action}}}\n"

    answer = moto_stack.api("POST", "/api/v1/flows", {"yamlContent": text})

    assert (answer.status, answer.body["code"]) == (400, "invalid_flow")


@pytest.mark.proof
# A task's thread dies with its process.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bulk_retry_that_dies_in_the_middle_retries_each_execution_once(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(FRAGILE)
    for number in range(1, MAX_CALLS, 2):
        moto_stack.wait_for_execution(execute(flow["id"]))
        moto_stack.calls.crash_after(number)
        body = {"flowId": flow["id"], "since": "2020-01-01T00:00:00Z"}
        detail = bulk(moto_stack, RETRY, body)
        assert detail["execution"]["status"] == "SUCCESS", number
        if not moto_stack.calls.has_crashed:
            break
    else:
        pytest.fail("the calls never came to an end")
    moto_stack.calls.clear()
    settled(moto_stack, flow)
    retries = Counter(each["retryOf"] for each in listed(moto_stack, flowId=flow["id"]))
    assert {count for source, count in retries.items() if source} == {1}


def test_deleting_a_flow_cancels_what_runs_of_it(moto_stack: MotoStack, napping: Any):
    path = f"/api/v1/flows/{napping['id']}"

    assert moto_stack.api("DELETE", path).status == 204

    assert moto_stack.api("GET", path).status == 404
    assert moto_stack.api("POST", f"{path}/execute").status == 404
    moto_stack.wait_until(lambda: statuses(moto_stack, napping) == {"CANCELLED": 6})
    [closing] = listed(moto_stack, namespace="system")
    assert (closing["flowName"], closing["status"]) == ("close-deleted-flow", "RUNNING")


def test_a_flow_that_nothing_runs_of_is_deleted_without_an_execution(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(FRAGILE)
    moto_stack.wait_for_execution(execute(flow["id"]))

    assert moto_stack.api("DELETE", f"/api/v1/flows/{flow['id']}").status == 204

    assert [each["flowId"] for each in listed(moto_stack)] == [flow["id"]]


@pytest.mark.proof
def test_a_deletion_that_dies_has_deleted_all_or_nothing(moto_stack: MotoStack, napping: Any):
    path, deaths = f"/api/v1/flows/{napping['id']}", 0
    for number in range(1, MAX_CALLS):
        if moto_stack.api("GET", path).status == 404:
            break
        moto_stack.calls.crash_after(number, function="flows")
        try:
            moto_stack.api("DELETE", path)
        except Crash:
            deaths += 1
    assert deaths > 1
    moto_stack.calls.clear()
    assert len(listed(moto_stack, namespace="system")) == 1
    for each in listed(moto_stack, namespace="system"):
        moto_stack.invoke("reconcile", {"all": True})
        assert each["flowName"] == "close-deleted-flow"
    moto_stack.wait_until(lambda: statuses(moto_stack, napping) == {"CANCELLED": 6})
