"""Cancels on real parts: against the end, twice, and with crashes at every call."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.stack import MotoStack

WAITING = """
name: waits
tasks:
  - {name: a, type: core.set, properties: {values: {x: 1}}}
  - {name: b, type: flow.wait, properties: {duration: 1h}}
  - {name: c, type: core.set, properties: {values: {x: 3}}}
errors:
  - {name: alarm, type: core.set, properties: {values: {}}}
finally:
  - {name: tidy, type: core.set, properties: {values: {x: 4}}}
"""
QUICK = """
name: quick
tasks:
  - {name: a, type: core.set, properties: {values: {x: 1}}}
finally:
  - {name: tidy, type: core.set, properties: {values: {x: 4}}}
"""
SETTLED = {
    "a": "SUCCESS",
    "b": "CANCELLED",
    "c": "CANCELLED",
    "alarm": "SKIPPED",
    "tidy": "SUCCESS",
}
MAX_CALLS = 30


def cancel(stack: MotoStack, execution_id: str) -> Any:
    return stack.api("POST", f"/api/v1/executions/{execution_id}/cancel")


def until_waiting(stack: MotoStack, execution_id: str) -> None:
    path = f"/api/v1/executions/{execution_id}"

    def is_waiting() -> bool:
        tasks = stack.api("GET", path).body["tasks"]
        return any(task["taskName"] == "b" and task["dueAt"] for task in tasks)

    stack.wait_until(is_waiting)


def check_cancelled(stack: MotoStack, execution_id: str) -> None:
    detail = stack.wait_for_execution(execution_id)
    assert detail["execution"]["status"] == "CANCELLED"
    assert detail["execution"]["error"]["code"] == "cancelled"
    assert {task["taskName"]: task["status"] for task in detail["tasks"]} == SETTLED


def test_a_cancel_settles_what_waits_and_runs_finally(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    execution_id = execute(create_flow(WAITING)["id"])
    until_waiting(moto_stack, execution_id)

    answers = [cancel(moto_stack, execution_id)]

    assert answers[0].status == 202
    assert answers[0].body == {"executionId": execution_id, "status": "RUNNING"}
    check_cancelled(moto_stack, execution_id)
    ends = {f"{execution_id}-1": "ABORTED", f"{execution_id}-2": "SUCCEEDED"}
    moto_stack.wait_until(lambda: {run["name"]: run["status"] for run in moto_stack.runs()} == ends)
    again = cancel(moto_stack, execution_id)
    assert (again.status, again.body["code"]) == (409, "execution_finished")


@pytest.mark.parametrize("execution_id", ["nonsense", "01890000-0000-7000-8000-000000000000"])
def test_an_unknown_execution_cannot_be_cancelled(execution_id: str, moto_stack: MotoStack):
    answer = cancel(moto_stack, execution_id)

    assert (answer.status, answer.body["code"]) == (404, "execution_not_found")


@pytest.mark.parametrize("operation", ["StopExecution", "StartExecution"])
def test_a_cancel_is_accepted_whatever_step_functions_says(
    operation: str, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    execution_id = execute(create_flow(WAITING)["id"])
    until_waiting(moto_stack, execution_id)
    error = ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, operation)
    moto_stack.calls.fail_next(error, lambda call: call.operation == f"SFN.{operation}")

    assert cancel(moto_stack, execution_id).status == 202

    moto_stack.invoke("reconcile", {"all": True})
    check_cancelled(moto_stack, execution_id)


def test_a_parked_run_that_could_not_be_stopped_is_let_go(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow("""
name: asks
tasks:
  - {name: g, type: flow.gate, properties: {message: 'Go?'}}
""")
    execution_id = execute(flow["id"])
    moto_stack.wait_for_approval(execution_id)
    slow = ClientError({"Error": {"Code": "ThrottlingException"}}, "StopExecution")
    moto_stack.calls.fail_next(slow, lambda call: call.operation == "SFN.StopExecution")

    assert cancel(moto_stack, execution_id).status == 202

    assert moto_stack.wait_for_execution(execution_id)["execution"]["status"] == "CANCELLED"
    moto_stack.wait_until(lambda: all(run["status"] == "SUCCEEDED" for run in moto_stack.runs()))
    assert len(moto_stack.runs()) == 2


@pytest.mark.proof
@pytest.mark.parametrize("number", range(1, 5))
def test_a_cancel_that_dies_after_any_call_is_completed_by_the_next_one_or_the_reconciler(
    number: int, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    execution_id = execute(create_flow(WAITING)["id"])
    until_waiting(moto_stack, execution_id)
    moto_stack.calls.crash_after(number, "executions")
    with pytest.raises(SystemExit):
        cancel(moto_stack, execution_id)

    if number == 1:
        assert cancel(moto_stack, execution_id).status == 202
    moto_stack.invoke("reconcile", {"all": True})

    check_cancelled(moto_stack, execution_id)


@pytest.mark.proof
@pytest.mark.parametrize("kind", ["after", "before"])
def test_a_runner_that_settles_a_cancel_may_die_at_every_call_it_makes(
    kind: str, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(WAITING)
    for number in range(1, MAX_CALLS):
        execution_id = execute(flow["id"])
        until_waiting(moto_stack, execution_id)
        moto_stack.calls.clear()
        getattr(moto_stack.calls, f"crash_{kind}")(number)
        assert cancel(moto_stack, execution_id).status == 202
        check_cancelled(moto_stack, execution_id)
        if not moto_stack.calls.has_crashed:
            break
    else:
        pytest.fail(f"the runner makes {MAX_CALLS} calls and more")
    assert number > 4


@pytest.mark.timing
@pytest.mark.proof
def test_two_cancels_at_once_are_one(moto_stack: MotoStack, create_flow: Any, execute: Any):
    execution_id = execute(create_flow(WAITING)["id"])
    until_waiting(moto_stack, execution_id)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: cancel(moto_stack, execution_id), range(8)))

    assert {answer.status for answer in answers} <= {202, 409}
    assert 202 in {answer.status for answer in answers}
    check_cancelled(moto_stack, execution_id)
    assert len(moto_stack.runs()) == 2


@pytest.mark.proof
@pytest.mark.timing
def test_of_a_cancel_and_the_end_exactly_one_wins_and_the_answer_tells(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(QUICK)
    for _ in range(12):
        execution_id = execute(flow["id"])
        answer = cancel(moto_stack, execution_id)
        status = moto_stack.wait_for_execution(execution_id)["execution"]["status"]

        assert (answer.status, status) in {(202, "CANCELLED"), (409, "SUCCESS")}
