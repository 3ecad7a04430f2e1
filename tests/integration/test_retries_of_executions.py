"""Retries on real parts: what is copied, what runs again, and crashes between the copies."""

from typing import Any

import boto3
import pytest

from tests.support.stack import MotoStack

FLOW = """
name: fragile
labels: {team: red}
inputs:
  - {name: good, type: BOOLEAN, default: false}
tasks:
  - {name: a, type: core.set, properties: {values: {id: '{{ uuid() }}'}}}
  - name: each
    type: flow.foreach
    properties: {items: [1, 2, 3]}
    tasks:
      - {name: one, type: core.set, properties: {values: {id: '{{ uuid() }}', n: '{{ item }}'}}}
  - name: check
    type: util.validate
    properties: {data: {retryOf: '{{ execution.retryOf }}'}, schema: SCHEMA}
  - name: last
    type: core.set
    properties: {values: {at: '{{ now() }}', id: '{{ outputs.a.id }}'}}
errors:
  - {name: alarm, type: core.set, properties: {values: {}}}
outputs: {id: '{{ outputs.last.id }}', at: '{{ outputs.last.at }}'}
"""
TEXT = FLOW.replace("SCHEMA", "{properties: {retryOf: {type: string}}}")


def retry(stack: MotoStack, execution_id: str, query: str = "", **headers: str) -> Any:
    return stack.api("POST", f"/api/v1/executions/{execution_id}/retry{query}", None, headers)


def runs_of(detail: Any) -> dict[tuple[str, str | None], Any]:
    return {(task["taskName"], task["iteration"]): task for task in detail["tasks"]}


@pytest.fixture
def flow(create_flow: Any) -> Any:
    return create_flow(TEXT)


@pytest.fixture
def failed(moto_stack: MotoStack, flow: Any, execute: Any) -> Any:
    execution_id = execute(flow["id"], None, **{"x-correlation-id": "c-1"})
    detail = moto_stack.wait_for_execution(execution_id)
    assert detail["execution"]["status"] == "FAILED"
    return detail


def test_a_retry_copies_what_succeeded_and_runs_the_rest(moto_stack: MotoStack, failed: Any):
    source = failed["execution"]

    answer = retry(moto_stack, source["id"])

    assert answer.status == 202
    assert answer.body["status"] == "QUEUED"
    detail = moto_stack.wait_for_execution(answer.body["executionId"])
    execution = detail["execution"]
    assert execution["status"] == "SUCCESS"
    assert (execution["retryOf"], execution["triggerType"]) == (source["id"], "retry")
    assert (execution["correlationId"], execution["labels"]) == ("c-1", {"team": "red"})
    assert execution["tasksExecuted"] == execution["tasksTotal"] == 5
    before, after = runs_of(failed), runs_of(detail)
    for key in [("a", None), ("each", None), ("one", "0"), ("one", "1"), ("one", "2")]:
        assert after[key]["outputs"] == before[key]["outputs"]
        assert after[key]["startedAt"] == before[key]["startedAt"]
    assert execution["outputs"]["at"] >= execution["createdAt"][:19]
    assert after["alarm", None]["status"] == "SKIPPED"


def test_a_full_retry_copies_nothing(moto_stack: MotoStack, failed: Any):
    answer = retry(moto_stack, failed["execution"]["id"], "?full=true")

    detail = moto_stack.wait_for_execution(answer.body["executionId"])
    assert detail["execution"]["status"] == "SUCCESS"
    key = ("a", None)
    assert runs_of(detail)[key]["outputs"] != runs_of(failed)[key]["outputs"]


def test_a_retry_runs_the_frozen_revision_and_the_latest_on_request(
    moto_stack: MotoStack, flow: Any, failed: Any
):
    newer = TEXT.replace("n: '{{ item }}'", "n: '{{ item + 1 }}'")
    moto_stack.api("PUT", f"/api/v1/flows/{flow['id']}", {"yamlContent": newer})
    source = failed["execution"]["id"]

    frozen = moto_stack.wait_for_execution(retry(moto_stack, source).body["executionId"])
    latest = moto_stack.wait_for_execution(
        retry(moto_stack, source, "?revision=latest").body["executionId"]
    )

    assert frozen["execution"]["flowRevision"] == 1
    assert latest["execution"]["flowRevision"] == 2
    before, after = runs_of(failed), runs_of(latest)
    assert after["a", None]["outputs"] == before["a", None]["outputs"]
    assert '"n":2' in after["one", "0"]["outputs"]


def test_other_inputs_on_the_latest_revision_keep_nothing_and_wrong_ones_are_refused(
    moto_stack: MotoStack, flow: Any, failed: Any
):
    source = failed["execution"]["id"]
    path = f"/api/v1/flows/{flow['id']}"
    more = TEXT.replace("inputs:\n", "inputs:\n  - {name: more, type: INT, default: 1}\n")
    moto_stack.api("PUT", path, {"yamlContent": more})
    anew = moto_stack.wait_for_execution(
        retry(moto_stack, source, "?revision=latest").body["executionId"]
    )
    moto_stack.api("PUT", path, {"yamlContent": more.replace(", default: 1", "")})

    refused = retry(moto_stack, source, "?revision=latest")

    assert anew["execution"]["inputs"]["more"] == 1
    key = ("a", None)
    assert runs_of(anew)[key]["outputs"] != runs_of(failed)[key]["outputs"]
    assert (refused.status, refused.body["code"]) == (400, "invalid_inputs")


def test_only_what_ended_badly_can_be_retried(moto_stack: MotoStack, failed: Any):
    done = retry(moto_stack, failed["execution"]["id"]).body["executionId"]
    moto_stack.wait_for_execution(done)

    answer = retry(moto_stack, done)

    assert (answer.status, answer.body["code"]) == (409, "execution_not_retryable")
    for unknown in ("nonsense", "01890000-0000-7000-8000-000000000000"):
        assert retry(moto_stack, unknown).body["code"] == "execution_not_found"


def test_a_retry_takes_no_body_and_no_other_revision(moto_stack: MotoStack, failed: Any):
    path = f"/api/v1/executions/{failed['execution']['id']}/retry"

    assert moto_stack.api("POST", path, {"inputs": {}}).status == 400
    assert moto_stack.api("POST", f"{path}?revision=1").status == 400


def test_a_flow_that_is_off_is_not_retried(moto_stack: MotoStack, flow: Any, failed: Any):
    moto_stack.api("PUT", f"/api/v1/flows/{flow['id']}", {"disabled": True})

    answer = retry(moto_stack, failed["execution"]["id"])

    assert (answer.status, answer.body["code"]) == (409, "flow_not_runnable")


def test_a_key_counts_for_one_way_to_retry(moto_stack: MotoStack, failed: Any):
    source = failed["execution"]["id"]
    first = retry(moto_stack, source, **{"idempotency-key": "k"})

    again = retry(moto_stack, source, **{"idempotency-key": "k"})
    other = retry(moto_stack, source, "?full=true", **{"idempotency-key": "k"})

    assert again.body == first.body
    assert again.headers["idempotency-replayed"] == "true"
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")


@pytest.mark.proof
@pytest.mark.parametrize("kind", ["after", "before"])
def test_a_retry_that_dies_at_any_call_is_completed_by_the_same_key(
    kind: str, moto_stack: MotoStack, failed: Any
):
    source = failed["execution"]["id"]
    for number in range(1, 15):
        key = {"idempotency-key": f"{kind}-{number}"}
        getattr(moto_stack.calls, f"crash_{kind}")(number, "executions")
        try:
            retry(moto_stack, source, **key)
        except SystemExit:
            answer = retry(moto_stack, source, **key)
        else:
            break
        detail = moto_stack.wait_for_execution(answer.body["executionId"])
        assert detail["execution"]["status"] == "SUCCESS"
        assert runs_of(detail)["a", None]["outputs"] == runs_of(failed)["a", None]["outputs"]
    assert number > 6
    moto_stack.calls.clear()
    made = moto_stack.api("GET", "/api/v1/executions").body
    assert len(made) == len({each["id"] for each in made}) <= number + 1


def test_a_retry_after_the_flow_was_saved_anew_in_between_takes_the_claims_revision(
    moto_stack: MotoStack, flow: Any, failed: Any
):
    source, key = failed["execution"]["id"], {"idempotency-key": "k"}
    moto_stack.calls.clear()
    retry(moto_stack, source, "?revision=latest", **{"idempotency-key": "count"})
    calls = moto_stack.calls.of("executions")
    claim = calls.index("DynamoDB.PutItem") + 1
    moto_stack.calls.crash_after(claim, "executions")
    with pytest.raises(SystemExit):
        retry(moto_stack, source, "?revision=latest", **key)
    newer = TEXT.replace("item }}", "item + 1 }}")
    moto_stack.api("PUT", f"/api/v1/flows/{flow['id']}", {"yamlContent": newer})

    answer = retry(moto_stack, source, "?revision=latest", **key)

    detail = moto_stack.wait_for_execution(answer.body["executionId"])
    assert detail["execution"]["flowRevision"] == 1


def test_a_retry_has_large_outputs_of_its_own(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(
        TEXT.replace(
            "tasks:\n",
            "tasks:\n  - {name: big, type: util.string, "
            "properties: {operation: repeat, value: ab, times: 300000}}\n",
            1,
        )
    )
    source = execute(flow["id"])
    moto_stack.wait_for_execution(source)

    again = retry(moto_stack, source).body["executionId"]

    moto_stack.wait_for_execution(again)
    s3, bucket = boto3.client("s3"), moto_stack.environment["PAYLOADS_BUCKET_NAME"]
    keys = [found["Key"] for found in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert sorted(key.split("/")[2] for key in keys) == sorted([source, again])
    [url] = [
        task["outputsUrl"]
        for task in moto_stack.api("GET", f"/api/v1/executions/{again}").body["tasks"]
        if task["taskName"] == "big"
    ]
    assert again in url
