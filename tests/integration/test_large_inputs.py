"""Inputs that no row holds: objects that are there before their execution, read by its templates.

A body brings at most 1 MiB, and so does a subflow's property; a row holds 200 KB of inputs.
"""

import json
from contextlib import suppress
from typing import Any

import boto3
import pytest

from shared.http.bodies import MAX_BODY_BYTES
from tests.integration.test_large_outputs import read
from tests.support.fixtures import Finished
from tests.support.secrecy import Secrets, kept
from tests.support.stack import MotoStack

TEXT = "0123456789" * 30_000
SEARCH = Secrets({"token": "tok-5ecret-value"})
FLOW = """
name: large
retention: 2h
inputs: [{name: text, type: STRING}, {name: token, type: SECRET, required: false}]
tasks:
  - {name: size, type: core.set, properties: {values: {n: '{{ inputs.text | length }}'}}}
  - {name: end, type: core.set, properties: {values: {n: '{{ inputs.text[-3:] }}'}}}
outputs: {size: '{{ outputs.size.n }}', end: '{{ outputs.end.n }}'}
"""
OUTPUTS = {"size": 300_000, "end": "789"}


def rows(stack: MotoStack) -> list[dict[str, Any]]:
    table = boto3.resource("dynamodb").Table(stack.environment["EXECUTIONS_TABLE_NAME"])
    found: list[dict[str, Any]] = []
    start: dict[str, Any] = {}
    while True:
        page = table.scan(**start)
        found += [row for row in page["Items"] if row["sk"] == "execution"]
        if "LastEvaluatedKey" not in page:
            return found
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def objects(stack: MotoStack) -> dict[str, str]:
    bucket, s3 = stack.environment["PAYLOADS_BUCKET_NAME"], boto3.client("s3")
    listed = s3.list_objects_v2(Bucket=bucket).get("Contents", ())
    keys = [found["Key"] for found in listed if found["Key"].startswith("executions/")]
    found = {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}
    return {key: content.decode(errors="replace") for key, content in found.items()}


def sealed_keys(row: dict[str, Any]) -> list[str]:
    """The objects of what a row has sealed."""
    sealed = row.get("sealedInputs", ())
    return [each["stored"]["key"] for each in sealed if "stored" in each]


def days_of(stack: MotoStack) -> set[str]:
    bucket, s3 = stack.environment["PAYLOADS_BUCKET_NAME"], boto3.client("s3")
    tags = [s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"] for key in objects(stack)]
    return {tag["Value"] for found in tags for tag in found} | {"none" for each in tags if not each}


def test_large_inputs_are_stored_apart_and_read_once_in_a_turn(
    moto_stack: MotoStack, run: Finished
):
    seen = run(FLOW, {"text": TEXT})

    assert seen.execution["status"] == "SUCCESS", seen.execution["error"]
    assert seen.execution["outputs"] == OUTPUTS
    assert seen.execution["inputs"] is None
    assert read(seen.execution["inputsUrl"]) == {"text": TEXT}
    [shown] = moto_stack.api("GET", "/api/v1/executions").body
    assert (shown["inputs"], bool(shown["inputsUrl"])) == (None, True)
    assert moto_stack.calls.of("runner").count("S3.GetObject") == 1
    assert days_of(moto_stack) == {"1"}
    assert TEXT[:100] not in json.dumps(rows(moto_stack), default=str)


def test_inputs_that_no_template_reads_are_not_fetched(moto_stack: MotoStack, run: Finished):
    run(
        "{name: idle, tasks: [{name: a, type: core.set, properties: {values: {x: 1}}}]}",
        {"text": TEXT},
    )

    assert "S3.GetObject" not in moto_stack.calls.of("runner")


@pytest.mark.parametrize("size", [199_980, 200_020])
def test_small_inputs_stay_in_their_row(moto_stack: MotoStack, run: Finished, size: int):
    seen = run(FLOW, {"text": "x" * size})

    is_large = size > 200_000
    assert seen.execution["inputs"] == (None if is_large else {"text": "x" * size})
    assert (seen.execution["inputsUrl"] is not None) == is_large
    assert len(objects(moto_stack)) == is_large
    assert moto_stack.calls.of("executions").count("S3.PutObject") == is_large


def test_inputs_are_as_large_as_the_body_that_brings_them(moto_stack: MotoStack, create_flow: Any):
    flow = create_flow(FLOW)
    frame = len(json.dumps({"inputs": {"text": ""}}))
    largest = "ü" * ((MAX_BODY_BYTES - frame) // 2)
    body = json.dumps({"inputs": {"text": largest}}, ensure_ascii=False)
    kind = {"content-type": "application/json"}

    answer = moto_stack.api("POST", f"/api/v1/flows/{flow['id']}/execute", body, kind)

    assert answer.status == 202, answer.body
    detail = moto_stack.wait_for_execution(answer.body["executionId"])
    assert read(detail["execution"]["inputsUrl"]) == {"text": largest}
    too_large = body.replace("ü", "üü", 1)
    answer = moto_stack.api("POST", f"/api/v1/flows/{flow['id']}/execute", too_large, kind)
    assert (answer.status, answer.body["code"]) == (413, "body_too_large")


def test_an_answer_that_shows_the_execution_has_the_address(
    moto_stack: MotoStack, create_flow: Any
):
    flow = create_flow(FLOW)
    body = {"flowId": flow["id"], "inputs": {"text": TEXT}}

    first, again = (
        moto_stack.api("POST", "/api/v1/executions", body, {"idempotency-key": "k"})
        for _ in range(2)
    )

    for answer in (first, again):
        assert (answer.status, answer.body["inputs"]) == (201, None)
        assert read(answer.body["inputsUrl"]) == {"text": TEXT}
    assert first.body["id"] == again.body["id"]
    assert len(objects(moto_stack)) == 1
    other = {**body, "inputs": {"text": TEXT + "!"}}
    reused = moto_stack.api("POST", "/api/v1/executions", other, {"idempotency-key": "k"})
    assert (reused.status, reused.body["code"]) == (422, "idempotency_key_reused")


def test_a_repeated_start_that_puts_them_late_does_not_keep_them_for_ever(
    moto_stack: MotoStack, create_flow: Any
):
    path = f"/api/v1/flows/{create_flow(FLOW)['id']}/execute"
    body = {"inputs": {"text": TEXT}}

    def start(key: str) -> None:
        answer = moto_stack.api("POST", path, body, {"idempotency-key": key})
        assert answer.status == 202, answer.body
        moto_stack.wait_for_execution(answer.body["executionId"])

    start("first")  # which reads the plan
    moto_stack.calls.clear()
    start("second")
    put = moto_stack.calls.of("executions").index("S3.PutObject") + 1
    # The first try under this key sleeps before it puts anything.
    moto_stack.calls.meanwhile(put, "executions", lambda: start("third"))

    start("third")

    assert moto_stack.calls.has_interrupted
    assert len(objects(moto_stack)) == 3
    assert days_of(moto_stack) == {"1"}


def test_no_secret_is_at_the_address(moto_stack: MotoStack, run: Finished):
    secret = "tok-5ecret-value"
    flow = FLOW.replace("{{ inputs.text | length }}", "{{ inputs.note[:20] ~ inputs.token }}")

    seen = run(flow, {"text": TEXT, "token": secret, "note": f"{secret} {TEXT}"})

    assert seen.execution["status"] == "SUCCESS", seen.execution["error"]
    shown = read(seen.execution["inputsUrl"])
    assert shown == {"text": TEXT, "token": "******", "note": "******"}
    assert seen.outputs("size") == {"n": "****** 012******"}
    assert secret not in json.dumps([seen.execution, seen.tasks, seen.logs])
    [row] = rows(moto_stack)
    [sealed] = sealed_keys(row)
    assert len(objects(moto_stack)[sealed]) > 100_000
    assert SEARCH.found_in(kept(moto_stack)) == []
    assert days_of(moto_stack) == {"1"}


def test_secrets_are_bounded_together(moto_stack: MotoStack, create_flow: Any):
    names = [f"s{number}" for number in range(30)]
    declared = ", ".join(f"{{name: {name}, type: SECRET}}" for name in names)
    flow = create_flow(
        f"name: s\ninputs: [{declared}]\n"
        "tasks: [{name: a, type: core.set, properties: {values: {x: 1}}}]"
    )

    body = {"inputs": dict.fromkeys(names, "x" * 8_000)}
    answer = moto_stack.api("POST", f"/api/v1/flows/{flow['id']}/execute", body)

    assert (answer.status, answer.body["code"]) == (400, "invalid_inputs")
    assert "the SECRET ones take more than 200000 bytes" in answer.body["detail"]


PARENT = """
name: parent
tasks:
  - name: sub
    type: flow.subflow
    properties: {namespace: default, name: large, inputs: {text: '{{ inputs.text }}'}}
outputs: {size: '{{ outputs.sub.outputs.size }}', end: '{{ outputs.sub.outputs.end }}'}
"""


def test_a_subflow_takes_them_too(moto_stack: MotoStack, create_flow: Any, execute: Any):
    create_flow(FLOW)
    detail = moto_stack.wait_for_execution(
        execute(create_flow(PARENT)["id"], {"inputs": {"text": TEXT}})
    )

    assert detail["execution"]["outputs"] == OUTPUTS
    children = [
        each
        for each in moto_stack.api("GET", "/api/v1/executions").body
        if each["triggerType"] == "subflow"
    ]
    assert [read(child["inputsUrl"]) for child in children] == [{"text": TEXT}]


FAILING = FLOW.replace("name: large", "name: failing").replace(
    "{{ inputs.text[-3:] }}", "{{ inputs.nothing }}"
)


@pytest.mark.parametrize("query", ["", "?full=true", "?revision=latest"])
def test_a_retry_has_them_too(moto_stack: MotoStack, create_flow: Any, execute: Any, query: str):
    secret = "tok-5ecret-value"
    inputs = {"text": f"{secret}{TEXT}", "token": secret}
    first = execute(create_flow(FAILING)["id"], {"inputs": inputs})
    moto_stack.wait_for_execution(first)

    answer = moto_stack.api("POST", f"/api/v1/executions/{first}/retry{query}")

    assert answer.status == 202, answer.body
    again = moto_stack.wait_for_execution(answer.body["executionId"])
    assert json.loads(again["tasks"][0]["outputs"]) == {"n": 300_016}
    assert read(again["execution"]["inputsUrl"]) == {"text": "******", "token": "******"}
    keys = {row["id"]: sealed_keys(row) for row in rows(moto_stack)}
    assert all(len(own) == 1 for own in keys.values())
    assert all(execution_id in own[0] for execution_id, own in keys.items())
    assert SEARCH.found_in(kept(moto_stack)) == []


def test_a_retry_of_what_lost_them_is_refused(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    first = execute(create_flow(FAILING)["id"], {"inputs": {"text": TEXT}})
    moto_stack.wait_for_execution(first)
    bucket = moto_stack.environment["PAYLOADS_BUCKET_NAME"]
    for key in objects(moto_stack):
        boto3.client("s3").delete_object(Bucket=bucket, Key=key)

    answer = moto_stack.api("POST", f"/api/v1/executions/{first}/retry")

    assert (answer.status, answer.body["code"]) == (409, "execution_not_retryable")


@pytest.mark.parametrize("behavior", ["CANCEL", "FAIL", "QUEUE"])
def test_the_inputs_of_what_never_runs_have_a_time_to_go(
    moto_stack: MotoStack, create_flow: Any, execute: Any, behavior: str
):
    text = FLOW.replace(
        "tasks:\n",
        f"concurrency: {{limit: 1, behavior: {behavior}}}\ntasks:\n"
        "  - {name: pause, type: flow.wait, properties: {duration: 1d}}\n",
    )
    flow = create_flow(text)
    first = execute(flow["id"], {"inputs": {"text": "x"}})

    second = execute(flow["id"], {"inputs": {"text": TEXT}})
    if behavior == "QUEUE":
        assert days_of(moto_stack) == {"none"}
        assert moto_stack.api("POST", f"/api/v1/executions/{second}/cancel").status == 202

    ended = moto_stack.api("GET", f"/api/v1/executions/{second}").body["execution"]
    assert ended["status"] == ("FAILED" if behavior == "FAIL" else "CANCELLED")
    assert read(ended["inputsUrl"]) == {"text": TEXT}
    assert days_of(moto_stack) == {"1"}
    moto_stack.api("POST", f"/api/v1/executions/{first}/cancel")


SECRET = "tok-5ecret-value"
BODY = {"inputs": {"text": f"{SECRET}{TEXT}", "token": SECRET}}


@pytest.fixture
def start_of(moto_stack: MotoStack, create_flow: Any, execute: Any) -> Any:
    """Return the path and the body of one kind of start."""

    def made(start: str) -> tuple[str, Any]:
        flow = create_flow(FAILING if start == "retry" else FLOW)
        if start == "executions":
            return "/api/v1/executions", {"flowId": flow["id"], **BODY}
        if start == "retry":
            first = execute(flow["id"], BODY)
            moto_stack.wait_for_execution(first)
            return f"/api/v1/executions/{first}/retry", {}
        return f"/api/v1/flows/{flow['id']}/{start}", BODY

    return made


@pytest.mark.proof
@pytest.mark.parametrize("kind", ["after", "before"])
@pytest.mark.parametrize("start", ["execute", "test", "executions", "retry"])
def test_a_start_may_die_at_each_of_its_calls(
    kind: str, start: str, moto_stack: MotoStack, start_of: Any
):
    path, body = start_of(start)
    before = len(rows(moto_stack))
    for number in range(1, 30):
        key = {"idempotency-key": f"{kind}-{number}"}
        moto_stack.calls.clear()
        getattr(moto_stack.calls, f"crash_{kind}")(number, "executions")
        with suppress(SystemExit):
            moto_stack.api("POST", path, body, key)
        has_crashed = moto_stack.calls.has_crashed
        check_every_row_has_its_objects(moto_stack)
        moto_stack.calls.clear()

        check_started(moto_stack, moto_stack.api("POST", path, body, key))
        if not has_crashed:
            break
    assert number > 5
    assert not has_crashed
    assert len(rows(moto_stack)) == number + before


def check_started(stack: MotoStack, answer: Any) -> None:
    detail = stack.wait_for_execution(answer.body["executionId"])
    assert json.loads(detail["tasks"][0]["outputs"]) == {"n": 300_016}
    assert read(detail["execution"]["inputsUrl"]) == {"text": "******", "token": "******"}
    check_every_row_has_its_objects(stack)


# A task's own thread fetches what its templates read, and may be the one that dies.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.proof
@pytest.mark.parametrize(("kind", "step"), [("after", 1), ("before", 5)])
def test_a_runner_may_die_at_each_call_of_a_parent_that_passes_them_on(
    kind: str, step: int, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    create_flow(FLOW)
    parent = create_flow(PARENT)
    for number in range(1, 80, step):
        moto_stack.calls.clear()
        getattr(moto_stack.calls, f"crash_{kind}")(number)

        detail = moto_stack.wait_for_execution(execute(parent["id"], {"inputs": {"text": TEXT}}))

        assert detail["execution"]["outputs"] == OUTPUTS
        check_every_row_has_its_objects(moto_stack)
        if not moto_stack.calls.has_crashed:
            break
    assert number > 15
    assert not moto_stack.calls.has_crashed
    assert len(rows(moto_stack)) == 2 * (1 + (number - 1) // step)


def check_every_row_has_its_objects(stack: MotoStack) -> None:
    known = objects(stack)
    for row in rows(stack):
        assert set(sealed_keys(row)) <= known.keys()
        assert "storedInputs" not in row or row["storedInputs"]["key"] in known
