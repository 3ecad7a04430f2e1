"""What no row and no answer holds goes to S3 and comes back by itself."""

import json
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
import pytest

from shared.aws import s3
from shared.executions.store.payloads import PayloadStore
from shared.executions.task_runs import Stored
from tests.support.calls import invoking
from tests.support.fixtures import Finished
from tests.support.stack import MotoStack

REPEAT = "{operation: repeat, value: '%s', times: %d}"


def read(url: str) -> Any:
    """What a presigned address leads to, read with the test's own rights."""
    assert "X-Amz-Signature=" in url
    _, bucket, key = unquote(urlsplit(url).path).split("/", 2)
    answer = boto3.client("s3").get_object(Bucket=bucket, Key=key)
    return json.loads(answer["Body"].read())


def test_a_flow_whose_inputs_and_outputs_do_not_fit_one_row_ends_all_the_same(run: Finished):
    text = "ö" * 95_000
    seen = run(
        """
name: echo
tasks:
  - {name: a, type: core.set, properties: {values: {x: 1}}}
outputs:
  once: '{{ inputs.text }}'
  again: '{{ inputs.text[:50000] }}'
""",
        {"text": text},
    )

    assert seen.execution["status"] == "SUCCESS"
    assert seen.execution["inputs"] == {"text": text}
    assert seen.execution["outputs"] is None
    assert read(seen.execution["outputsUrl"]) == {"once": text, "again": text[:50000]}
    assert seen.results["finalOutput"] == {"once": text, "again": text[:50000]}


def test_a_large_output_is_stored_apart_and_read_by_later_tasks(moto_stack: MotoStack, run: Any):
    seen = run(f"""
name: large
tasks:
  - {{name: big, type: util.string, properties: {REPEAT % ("ab", 300_000)}}}
  - name: small
    type: core.set
    properties: {{values: {{size: '{{{{ outputs.big.result | length }}}}'}}}}
outputs: {{end: '{{{{ outputs.big.result[-2:] }}}}'}}
""")

    assert seen.execution["outputs"] == {"end": "ab"}
    assert seen.outputs("small") == {"size": 600_000}
    big = seen.row("big")
    assert (big["status"], big["outputs"]) == ("SUCCESS", None)
    assert read(big["outputsUrl"]) == {"result": "ab" * 300_000}
    path = f"/api/v1/executions/{seen.execution['id']}/tasks?taskName=big"
    [row] = moto_stack.api("GET", path).body
    assert read(row["outputsUrl"]) == {"result": "ab" * 300_000}
    assert seen.results["stepResults"][0]["outputs"] == {"result": "ab" * 300_000}
    # A turn reads an object once, however often its templates do.
    assert moto_stack.calls.of("runner").count("S3.GetObject") == 1


@pytest.mark.parametrize("crash", ["before", "after"])
def test_a_crash_between_object_and_row_leaves_nothing_half_done(
    crash: str, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(f"""
name: crash
tasks: [{{name: big, type: util.string, properties: {REPEAT % ("ab", 300_000)}}}]
""")
    # enter, load, mark running, put object
    getattr(moto_stack.calls, f"crash_{crash}")(5)
    detail = moto_stack.wait_for_execution(execute(flow["id"]))

    assert moto_stack.calls.has_crashed
    assert detail["execution"]["status"] == "SUCCESS"
    assert read(detail["tasks"][0]["outputsUrl"]) == {"result": "ab" * 300_000}


def test_results_of_fifty_megabytes_come_as_an_address(moto_stack: MotoStack, run: Any):
    tasks = "\n".join(
        f"  - {{name: t{n}, type: util.string, properties: {REPEAT % ('0123456789', 100_000)}}}"
        for n in range(52)
    )
    seen = run(
        f"name: fifty\ntasks:\n{tasks}\noutputs: {{n: '{{{{ outputs.t51.result | length }}}}'}}\n"
    )

    assert seen.execution["status"] == "SUCCESS", seen.execution["error"]
    assert set(seen.results) == {"url"}
    results = read(seen.results["url"])
    assert [step["status"] for step in results["stepResults"]] == ["SUCCESS"] * 52
    assert len(results["stepResults"][0]["outputs"]["result"]) == 1_000_000
    assert results["finalOutput"] == {"n": 1_000_000}
    assert results["error"] is None
    again = moto_stack.api("GET", f"/api/v1/executions/{seen.execution['id']}/results")
    assert read(again.body["url"]) == results


def test_an_object_that_somebody_removed_keeps_no_execution_from_ending(moto_stack: MotoStack):
    bucket = moto_stack.environment["PAYLOADS_BUCKET_NAME"]
    client = boto3.client("s3")

    with invoking("runner"):
        store = PayloadStore(s3, bucket)
        store.expire_after(Stored(key="executions/gone", size=1), 30)

    assert "Contents" not in client.list_objects_v2(Bucket=bucket)


@pytest.mark.parametrize("function", ["runner", "executions"])
def test_whoever_reads_an_object_that_is_gone_hears_that_it_is(
    function: str, moto_stack: MotoStack
):
    bucket = moto_stack.environment["PAYLOADS_BUCKET_NAME"]
    gone = Stored(key="executions/default/x/gone.json", size=1)

    with invoking(function), pytest.raises(s3().exceptions.NoSuchKey):
        PayloadStore(s3, bucket).get(gone)


def test_outputs_that_somebody_removed_fail_the_task_that_reads_them(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(f"""
name: removed
tasks:
  - {{name: big, type: util.string, properties: {REPEAT % ("ab", 300_000)}}}
  - name: small
    type: core.set
    properties: {{values: {{size: '{{{{ outputs.big.result | length }}}}'}}}}
""")
    bucket = moto_stack.environment["PAYLOADS_BUCKET_NAME"]

    def remove() -> None:
        client = boto3.client("s3")
        with invoking("test"):
            for each in client.list_objects_v2(Bucket=bucket)["Contents"]:
                client.delete_object(Bucket=bucket, Key=each["Key"])

    for _ in range(2):  # the first one reads the plan, too, which is kept
        moto_stack.calls.clear()
        moto_stack.wait_for_execution(execute(flow["id"]))
    read_at = moto_stack.calls.of("runner").index("S3.GetObject") + 1
    moto_stack.invocations.clear()
    moto_stack.calls.meanwhile(read_at, "runner", remove)
    detail = moto_stack.wait_for_execution(execute(flow["id"]))

    assert moto_stack.calls.has_interrupted
    assert detail["execution"]["status"] == "FAILED"
    assert [task["status"] for task in detail["tasks"]] == ["SUCCESS", "FAILED"]
    assert detail["tasks"][1]["error"]["code"] == "template_error"
    assert moto_stack.invocations["runner"] == 1


def test_small_flows_never_meet_s3(moto_stack: MotoStack, run: Finished):
    run("name: small\ntasks: [{name: a, type: core.set, properties: {values: {x: 1}}}]")

    assert not [call for call in moto_stack.calls.all() if call.operation.startswith("S3.")]
