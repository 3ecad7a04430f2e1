"""Starting executions: never lost, never doubled, whatever fails and however many come at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from shared.ids import is_id
from tests.support.stack import MotoStack

FLOW = """
name: greet
inputs:
  - {name: who, type: STRING}
tasks:
  - {name: hello, type: util.log, properties: {message: 'Hi {{ inputs.who }}'}}
"""
START = {"inputs": {"who": "Ana"}}


def throttled(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, operation)


@pytest.fixture
def flow(create_flow: Any) -> Any:
    return create_flow(FLOW)


@pytest.fixture
def path(flow: Any) -> str:
    return f"/api/v1/flows/{flow['id']}/execute"


def test_a_start_answers_at_once_with_the_queued_execution(moto_stack: MotoStack, path: str):
    answer = moto_stack.api("POST", path, START)

    assert answer.status == 202
    assert is_id(answer.body["executionId"])
    assert answer.body == {**answer.body, "status": "QUEUED", "tasksTotal": 1}


def test_the_other_start_answers_with_the_execution_itself(moto_stack: MotoStack, flow: Any):
    body = {"flowId": flow["id"], **START, "labels": {"team": "red"}}

    answer = moto_stack.api("POST", "/api/v1/executions", body, {"idempotency-key": "k"})

    assert answer.status == 201
    assert answer.body["executionId"] == answer.body["id"]
    assert answer.body["inputs"] == {"who": "Ana"}
    assert answer.body["labels"] == {"team": "red"}
    assert answer.body["status"] == "QUEUED"
    assert "generation" not in answer.body
    assert "tenant" not in answer.body


@pytest.mark.timing
@pytest.mark.proof
@pytest.mark.parametrize("route", ["execute", "create"])
def test_fifty_starts_at_once_with_one_key_make_one_execution_and_equal_answers(
    route: str, moto_stack: MotoStack, flow: Any, path: str
):
    target, body = (
        (path, START)
        if route == "execute"
        else (
            "/api/v1/executions",
            {"flowId": flow["id"], **START},
        )
    )

    with ThreadPoolExecutor(50) as pool:
        answers = list(
            pool.map(
                lambda _: moto_stack.api("POST", target, body, {"idempotency-key": "one"}),
                range(50),
            )
        )

    assert len({str(answer.body) for answer in answers}) == 1
    assert {answer.status for answer in answers} == {202 if route == "execute" else 201}
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert len(moto_stack.api("GET", "/api/v1/executions").body) == 1
    assert len(moto_stack.runs()) == 1


def test_a_key_reused_with_another_payload_is_refused_before_the_payload_is_checked(
    moto_stack: MotoStack, path: str
):
    headers = {"idempotency-key": "k"}
    moto_stack.api("POST", path, START, headers)

    answer = moto_stack.api("POST", path, {"nonsense": 1}, headers)

    assert (answer.status, answer.body["code"]) == (422, "idempotency_key_reused")


def test_a_replay_answers_as_created_after_the_end_and_after_the_flow_is_gone(
    moto_stack: MotoStack, flow: Any, path: str
):
    headers = {"idempotency-key": "k"}
    first = moto_stack.api("POST", path, START, headers)
    moto_stack.wait_for_execution(first.body["executionId"])
    assert moto_stack.api("DELETE", f"/api/v1/flows/{flow['id']}").status == 204

    again = moto_stack.api("POST", path, START, headers)

    assert (again.status, again.body) == (202, first.body)
    assert again.headers["idempotency-replayed"] == "true"


def test_one_key_counts_for_each_path_apart(moto_stack: MotoStack, flow: Any, path: str):
    headers = {"idempotency-key": "k"}
    first = moto_stack.api("POST", path, START, headers).body["executionId"]

    second = moto_stack.api(
        "POST", "/api/v1/executions", {"flowId": flow["id"], **START}, headers
    ).body["executionId"]

    assert first != second


def test_a_refused_start_is_not_remembered(moto_stack: MotoStack, path: str):
    headers = {"idempotency-key": "k"}

    assert moto_stack.api("POST", path, {"inputs": {}}, headers).status == 400
    assert moto_stack.api("POST", path, START, headers).status == 202


def test_a_dry_run_checks_and_makes_nothing(moto_stack: MotoStack, path: str):
    good = moto_stack.api("POST", f"{path}?dryRun=true", START)
    bad = moto_stack.api("POST", f"{path}?dryRun=true", {"inputs": {}})

    assert (good.status, good.body["valid"]) == (200, True)
    assert bad.status == 400
    assert moto_stack.api("GET", "/api/v1/executions").body == []


def test_posting_an_execution_needs_a_key(moto_stack: MotoStack, flow: Any):
    answer = moto_stack.api("POST", "/api/v1/executions", {"flowId": flow["id"], **START})

    assert (answer.status, answer.body["code"]) == (400, "idempotency_key_required")


def test_a_flow_may_require_a_key(moto_stack: MotoStack, create_flow: Any):
    flow = create_flow(FLOW + "idempotency: required\n")

    answer = moto_stack.api("POST", f"/api/v1/flows/{flow['id']}/execute", START)

    assert (answer.status, answer.body["code"]) == (400, "idempotency_key_required")


@pytest.mark.parametrize("key", ["", "x" * 256, "x" * 300, "a b", "é"])
def test_a_bad_key_is_refused(key: str, moto_stack: MotoStack, path: str):
    answer = moto_stack.api("POST", path, START, {"idempotency-key": key})

    assert (answer.status, answer.body["code"]) == (400, "invalid_idempotency_key")


def test_missing_and_wrong_inputs_are_named_and_nothing_is_made(moto_stack: MotoStack, path: str):
    answer = moto_stack.api("POST", path, {"inputs": {"who": [1]}})

    assert answer.status == 400
    assert answer.body["errors"][0]["path"] == "inputs.who"
    assert moto_stack.api("GET", "/api/v1/executions").body == []


@pytest.mark.parametrize(
    ("change", "code"),
    [({"disabled": True}, "flow_not_runnable"), ({"status": "inactive"}, "flow_not_runnable")],
)
def test_a_flow_that_is_off_does_not_start(
    change: Any, code: str, moto_stack: MotoStack, flow: Any, path: str
):
    assert moto_stack.api("PUT", f"/api/v1/flows/{flow['id']}", change).status == 200

    answer = moto_stack.api("POST", path, START)

    assert (answer.status, answer.body["code"]) == (409, code)


@pytest.mark.parametrize("flow_id", ["nonsense", "01890000-0000-7000-8000-000000000000"])
def test_an_unknown_flow_is_not_found(flow_id: str, moto_stack: MotoStack):
    answer = moto_stack.api("POST", f"/api/v1/flows/{flow_id}/execute")

    assert (answer.status, answer.body["code"]) == (404, "flow_not_found")


@pytest.mark.parametrize(
    "error",
    [
        throttled("StartExecution"),
        EndpointConnectionError(endpoint_url="https://states.example"),
    ],
)
def test_an_execution_is_accepted_whatever_step_functions_says(
    error: Exception, moto_stack: MotoStack, path: str
):
    moto_stack.calls.fail_next(error, lambda call: call.operation == "SFN.StartExecution")

    answer = moto_stack.api("POST", path, START)

    assert answer.status == 202
    assert moto_stack.runs() == []
    moto_stack.invoke("reconcile", {"all": True})
    detail = moto_stack.wait_for_execution(answer.body["executionId"])
    assert detail["execution"]["status"] == "SUCCESS"


@pytest.mark.parametrize("operation", ["GetItem", "PutItem"])
def test_a_throttled_table_is_a_503_that_the_same_key_completes(
    operation: str, moto_stack: MotoStack, path: str
):
    moto_stack.calls.fail_next(
        throttled(operation), lambda call: call.operation == f"DynamoDB.{operation}"
    )

    refused = moto_stack.api("POST", path, START, {"idempotency-key": "k"})
    accepted = moto_stack.api("POST", path, START, {"idempotency-key": "k"})

    assert (refused.status, refused.body["code"]) == (503, "unavailable")
    assert "retry-after" in refused.headers
    assert accepted.status == 202
    assert len(moto_stack.api("GET", "/api/v1/executions").body) == 1


def test_the_first_claims_revision_counts_when_the_flow_was_saved_anew_in_between(
    moto_stack: MotoStack, flow: Any, path: str
):
    moto_stack.calls.crash_after(4, "executions")
    with pytest.raises(SystemExit):
        moto_stack.api("POST", path, START, {"idempotency-key": "k"})
    newer = (
        FLOW.replace("Hi", "Bye") + "  - {name: two, type: core.set, properties: {values: {}}}\n"
    )
    moto_stack.api("PUT", f"/api/v1/flows/{flow['id']}", {"yamlContent": newer})

    answer = moto_stack.api("POST", path, START, {"idempotency-key": "k"})

    assert answer.body["tasksTotal"] == 1
    detail = moto_stack.wait_for_execution(answer.body["executionId"])
    assert detail["execution"]["flowRevision"] == 1
    assert detail["tasks"][0]["outputs"] == '{"message":"Hi Ana"}'


@pytest.mark.timing
@pytest.mark.proof
def test_eighty_executions_by_twenty_clients_all_succeed(moto_stack: MotoStack, path: str):
    with ThreadPoolExecutor(20) as pool:
        ids = list(
            pool.map(lambda _: moto_stack.api("POST", path, START).body["executionId"], range(80))
        )

    assert len(set(ids)) == 80
    for execution_id in ids:
        detail = moto_stack.wait_for_execution(execution_id, seconds=120)
        assert detail["execution"]["status"] == "SUCCESS"
        assert detail["execution"]["tasksExecuted"] == 1
    assert len(moto_stack.runs()) == 80


def test_the_request_id_of_a_start_is_kept_for_its_turns(moto_stack: MotoStack, path: str):
    moto_stack.api("POST", path, START, {"x-request-id": "r-17"})

    [put] = [
        call.parameters["Item"]
        for call in moto_stack.calls.all()
        if call.function == "executions" and call.operation == "DynamoDB.PutItem"
    ]
    assert put["requestId"] == "r-17"
