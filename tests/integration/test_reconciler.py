"""What died, was lost or never started is found and goes on, or ends with a reason."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from shared.executions.termination_failure import MAX_STALLS
from shared.ids import new_id
from shared.times import to_rfc3339
from tests.support.events import run_ended_event, scheduled_event
from tests.support.stack import MotoStack

FLOW = """
name: two
tasks:
  - {name: a, type: core.set, properties: {values: {x: 1}}}
  - {name: b, type: core.set, properties: {values: {x: 2}}}
"""


@pytest.fixture
def flow(create_flow: Any) -> Any:
    return create_flow(FLOW)


def execution_row(stack: MotoStack, execution_id: str) -> Any:
    table = boto3.resource("dynamodb").Table(stack.environment["EXECUTIONS_TABLE_NAME"])
    return table, {"pk": f"default#{execution_id}", "sk": "execution"}


def set_check(stack: MotoStack, execution_id: str, at: datetime) -> None:
    table, key = execution_row(stack, execution_id)
    table.update_item(
        Key=key,
        UpdateExpression="SET checkAt = :at",
        ExpressionAttributeValues={":at": to_rfc3339(at)},
    )


def unstarted(stack: MotoStack, flow: Any) -> str:
    error = ClientError({"Error": {"Code": "ThrottlingException"}}, "StartExecution")
    stack.calls.fail_next(error, lambda call: call.operation == "SFN.StartExecution")
    answer = stack.api("POST", f"/api/v1/flows/{flow['id']}/execute")
    return str(answer.body["executionId"])


def dying_run(stack: MotoStack, flow: Any, *, crash: int) -> str:
    """Start an execution whose first run is stopped after the runner's call `crash`."""
    stack.dies_for_good = True
    stack.calls.crash_after(crash)
    answer = stack.api("POST", f"/api/v1/flows/{flow['id']}/execute")
    execution_id = str(answer.body["executionId"])
    stack.wait_until(lambda: stack.runs()[0]["status"] != "RUNNING")
    stack.dies_for_good = False
    return execution_id


def test_an_execution_that_was_never_started_is_started_when_it_is_due(
    moto_stack: MotoStack, flow: Any
):
    execution_id = unstarted(moto_stack, flow)

    assert moto_stack.invoke("reconcile", scheduled_event()) == {}
    set_check(moto_stack, execution_id, datetime.now(UTC) - timedelta(seconds=1))

    assert moto_stack.invoke("reconcile", scheduled_event()) == {"started": 1}
    detail = moto_stack.wait_for_execution(execution_id)
    assert detail["execution"]["status"] == "SUCCESS"


def test_a_look_at_a_finished_execution_does_nothing(
    moto_stack: MotoStack, flow: Any, execute: Any
):
    execution_id = execute(flow["id"])
    moto_stack.wait_for_execution(execution_id)

    assert moto_stack.invoke("reconcile", {"all": True}) == {}


GATE = "{name: asked, tasks: [{name: ask, type: flow.gate, properties: {message: Go?}}]}"


@pytest.mark.parametrize("by", ["hint", "sweep"])
def test_a_look_at_an_execution_that_runs_does_not_read_what_it_recorded(
    by: str, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    execution_id = execute(create_flow(GATE)["id"])
    moto_stack.wait_until(lambda: moto_stack.is_parked(execution_id))
    hint = run_ended_event(moto_stack.machine_arn, f"{execution_id}-1", "FAILED")
    moto_stack.calls.clear()

    assert moto_stack.invoke("reconcile", hint if by == "hint" else {"all": True}) == {"waited": 1}

    made = [call for call in moto_stack.calls.all() if call.function == "reconcile"]
    reads = [call for call in made if call.operation == "DynamoDB.GetItem"]
    queries = [call for call in made if call.operation == "DynamoDB.Query"]
    assert [query.parameters for query in queries if "IndexName" not in query.parameters] == []
    assert len([read for read in reads if read.parameters["Key"]["sk"] == "execution"]) == 1


@pytest.mark.parametrize("crash", [3, 4, 5, 6])
def test_a_run_that_died_is_resumed_from_its_records(crash: int, moto_stack: MotoStack, flow: Any):
    execution_id = dying_run(moto_stack, flow, crash=crash)

    actions = moto_stack.invoke("reconcile", {"all": True})

    assert actions in ({"resumed": 1}, {})
    detail = moto_stack.wait_for_execution(execution_id)
    assert detail["execution"]["status"] == "SUCCESS"
    assert [task["status"] for task in detail["tasks"]] == ["SUCCESS", "SUCCESS"]


def test_a_hint_resumes_at_once(moto_stack: MotoStack, flow: Any):
    execution_id = dying_run(moto_stack, flow, crash=4)
    hint = run_ended_event(moto_stack.machine_arn, f"{execution_id}-1", "FAILED")

    assert moto_stack.invoke("reconcile", hint) == {"resumed": 1}

    assert moto_stack.wait_for_execution(execution_id)["execution"]["status"] == "SUCCESS"
    assert {run["name"] for run in moto_stack.runs()} == {f"{execution_id}-1", f"{execution_id}-2"}


def test_a_hint_of_an_earlier_generation_does_not_touch_the_next(moto_stack: MotoStack, flow: Any):
    execution_id = dying_run(moto_stack, flow, crash=4)
    hint = run_ended_event(moto_stack.machine_arn, f"{execution_id}-1", "FAILED")
    moto_stack.invoke("reconcile", hint)
    moto_stack.wait_for_execution(execution_id)

    assert moto_stack.invoke("reconcile", hint) == {"nothing": 1}
    assert len(moto_stack.runs()) == 2


def test_a_hint_of_an_earlier_generation_costs_one_read(moto_stack: MotoStack, flow: Any):
    execution_id = dying_run(moto_stack, flow, crash=4)
    table, key = execution_row(moto_stack, execution_id)
    table.update_item(
        Key=key,
        UpdateExpression="SET #generation = :next",
        ExpressionAttributeNames={"#generation": "generation"},
        ExpressionAttributeValues={":next": 2},
    )
    before = table.get_item(Key=key)["Item"]
    moto_stack.calls.clear()

    hint = run_ended_event(moto_stack.machine_arn, f"{execution_id}-1", "ABORTED")
    assert moto_stack.invoke("reconcile", hint) == {"nothing": 1}

    assert moto_stack.calls.of("reconcile") == ["DynamoDB.GetItem"]
    assert table.get_item(Key=key)["Item"] == before


def test_a_hint_of_what_is_gone_costs_one_read(moto_stack: MotoStack):
    hint = run_ended_event(moto_stack.machine_arn, f"{new_id(datetime.now(UTC))}-1", "FAILED")

    assert moto_stack.invoke("reconcile", hint) == {"nothing": 1}
    assert moto_stack.calls.of("reconcile") == ["DynamoDB.GetItem"]


def dying_of_everything(stack: MotoStack, flow: Any) -> str:
    """Start an execution whose runs die; it has been resumed as often as it may be."""
    stack.dies_for_good = True
    stack.always_dies = True
    answer = stack.api("POST", f"/api/v1/flows/{flow['id']}/execute")
    execution_id = str(answer.body["executionId"])

    wait_until_dead(stack)
    assert stack.invoke("reconcile", {"all": True}) == {"resumed": 1}
    wait_until_dead(stack)
    hint = run_ended_event(stack.machine_arn, f"{execution_id}-2", "FAILED")
    assert stack.invoke("reconcile", hint) == {"waited": 1}
    set_check(stack, execution_id, datetime.now(UTC) - timedelta(seconds=1))
    assert stack.invoke("reconcile", scheduled_event()) == {"resumed": 1}
    wait_until_dead(stack)
    return execution_id


def wait_until_dead(stack: MotoStack) -> None:
    stack.wait_until(lambda: all(run["status"] != "RUNNING" for run in stack.runs()))


def test_what_dies_without_getting_further_is_resumed_after_a_rest_and_then_broken_off(
    moto_stack: MotoStack, create_flow: Any
):
    flow = create_flow(
        FLOW + "finally:\n  - {name: tidy, type: core.set, properties: {values: {}}}"
    )
    execution_id = dying_of_everything(moto_stack, flow)
    moto_stack.dies_for_good = moto_stack.always_dies = False

    assert moto_stack.invoke("reconcile", {"all": True}) == {"broken_off": 1}

    detail = moto_stack.wait_for_execution(execution_id)
    error = detail["execution"]["error"]
    assert detail["execution"]["status"] == "FAILED"
    assert (error["code"], error["taskName"]) == ("engine_error", "a")
    assert [task["status"] for task in detail["tasks"]] == ["FAILED", "CANCELLED", "SUCCESS"]
    assert len(moto_stack.runs()) == MAX_STALLS + 1


def test_what_dies_of_ending_too_ends_as_engine_error(moto_stack: MotoStack, flow: Any):
    execution_id = dying_of_everything(moto_stack, flow)
    assert moto_stack.invoke("reconcile", {"all": True}) == {"broken_off": 1}

    for _ in range(MAX_STALLS):
        wait_until_dead(moto_stack)
        set_check(moto_stack, execution_id, datetime.now(UTC) - timedelta(seconds=1))
        actions = moto_stack.invoke("reconcile", scheduled_event())

    assert actions == {"failed": 1}
    execution = moto_stack.wait_for_execution(execution_id)["execution"]
    assert execution["status"] == "FAILED"
    assert execution["error"]["code"] == "engine_error"
    assert len(moto_stack.runs()) == 2 * MAX_STALLS
    assert moto_stack.invoke("reconcile", {"all": True}) == {}


LARGE = """
name: large
retention: 2h
inputs: [{name: text, type: STRING}]
tasks: [{name: a, type: core.set, properties: {values: {x: 1}}}]
"""


@pytest.mark.parametrize("is_there", [True, False])
def test_large_inputs_of_what_the_reconciler_ends_go_with_it(
    moto_stack: MotoStack, create_flow: Any, *, is_there: bool
):
    flow = create_flow(LARGE)
    body = {"inputs": {"text": "0123456789" * 30_000}}
    moto_stack.dies_for_good = moto_stack.always_dies = True
    answer = moto_stack.api("POST", f"/api/v1/flows/{flow['id']}/execute", body)
    execution_id = str(answer.body["executionId"])
    wait_until_dead(moto_stack)
    table, key = execution_row(moto_stack, execution_id)
    table.update_item(
        Key=key,
        UpdateExpression="SET closing = :error, stalls = :most",
        ExpressionAttributeValues={":error": "engine_error", ":most": MAX_STALLS - 1},
    )
    s3, bucket = boto3.client("s3"), moto_stack.environment["PAYLOADS_BUCKET_NAME"]
    [found] = s3.list_objects_v2(Bucket=bucket)["Contents"]
    if not is_there:
        s3.delete_object(Bucket=bucket, Key=found["Key"])

    assert moto_stack.invoke("reconcile", {"all": True}) == {"failed": 1}

    if is_there:
        tags = s3.get_object_tagging(Bucket=bucket, Key=found["Key"])["TagSet"]
        assert tags == [{"Key": "days", "Value": "1"}]


def test_one_execution_that_cannot_be_looked_at_does_not_stop_the_others(
    moto_stack: MotoStack, flow: Any
):
    ids = [unstarted(moto_stack, flow) for _ in range(3)]
    error = ClientError({"Error": {"Code": "InternalServerError"}}, "DescribeExecution")
    moto_stack.calls.fail_next(error, lambda call: call.operation == "SFN.DescribeExecution")

    with pytest.raises(RuntimeError, match="1 executions"):
        moto_stack.invoke("reconcile", {"all": True})

    assert moto_stack.invoke("reconcile", {"all": True})["started"] == 1
    for execution_id in ids:
        assert moto_stack.wait_for_execution(execution_id)["execution"]["status"] == "SUCCESS"


def test_a_sweep_that_step_functions_throttles_ends_quietly_and_the_next_goes_on(
    moto_stack: MotoStack, flow: Any
):
    ids = [unstarted(moto_stack, flow) for _ in range(2)]
    error = ClientError({"Error": {"Code": "ThrottlingException"}}, "DescribeExecution")
    moto_stack.calls.fail_next(error, lambda call: call.operation == "SFN.DescribeExecution")

    assert moto_stack.invoke("reconcile", {"all": True}) == {"throttled": 1}
    assert moto_stack.invoke("reconcile", {"all": True}) == {"started": 2}
    for execution_id in ids:
        assert moto_stack.wait_for_execution(execution_id)["execution"]["status"] == "SUCCESS"


@pytest.mark.proof
def test_a_reconciler_that_dies_between_its_writes_leaves_work_the_next_one_finds(
    moto_stack: MotoStack, flow: Any
):
    execution_id = dying_run(moto_stack, flow, crash=4)
    for number in range(1, 15):
        moto_stack.calls.crash_after(number, "reconcile")
        try:
            moto_stack.invoke("reconcile", {"all": True})
        except SystemExit:
            continue
        break

    assert moto_stack.wait_for_execution(execution_id)["execution"]["status"] == "SUCCESS"
