"""Two things at once, one of them wholly in between two AWS calls of the other, at each call.

So every order in which the one could meet the other is tried, and none is left to chance.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from threading import Event
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.aftermath import age, check_nothing_left, reconcile, ring, table
from tests.support.events import run_ended_event
from tests.support.stack import PATIENCE_SECONDS, Answer, MotoStack

pytestmark = pytest.mark.proof

GATE = """
name: gated
concurrency: {limit: 1}
tasks:
  - {name: g, type: flow.gate, properties: {message: 'Go?', timeout: 2h, onTimeout: reject}}
finally: [{name: last, type: core.set, properties: {values: {}}}]
"""
QUICK = """
name: quick
concurrency: {limit: 1}
tasks:
  - {name: a, type: core.set, properties: {values: {x: 1}}}
  - {name: b, type: core.set, properties: {values: {x: 1}}}
finally: [{name: last, type: core.set, properties: {values: {}}}]
"""
BROKEN = """
name: broken
tasks: [{name: a, type: core.set, properties: {values: {x: '{{ inputs.nope }}'}}}]
"""
MAX_CALLS = 40
BUSY = ClientError({"Error": {"Code": "ThrottlingException"}}, "StartExecution")
Act = Callable[[], Answer]


class Told:
    """What somebody did, and was told; nothing if they never got to it."""

    def __init__(self, act: Act) -> None:
        self._act = act
        self.answer: Answer | None = None

    def __call__(self) -> None:
        self.answer = self._act()

    @property
    def status(self) -> int | None:
        return self.answer.status if self.answer else None


class Rounds:
    """One round for each call that there is something to come before."""

    def __init__(self, stack: MotoStack, fewest: int) -> None:
        self._calls, self._fewest = stack.calls, fewest
        self._number, self._have_met = 0, True

    def __iter__(self) -> Iterator["Rounds"]:
        for self._number in range(1, MAX_CALLS):
            yield self
            if not self._have_met:
                assert self._number > self._fewest
                return
        pytest.fail("no end of calls")

    @contextmanager
    def before_a_call(self, function: str, do: Callable[[], object]) -> Iterator[None]:
        """Inside, a function's next call of this round's number waits until all of it is done."""
        is_done = Event()

        def do_all() -> None:
            try:
                do()
            finally:
                is_done.set()

        self._calls.meanwhile(self._number, function, do_all)
        yield
        self._have_met = self._calls.has_interrupted
        assert not self._have_met or is_done.wait(PATIENCE_SECONDS)
        self._calls.clear()


def decide(stack: MotoStack, asked: Any, verb: str = "approve") -> Answer:
    return stack.api("POST", f"/api/v1/approvals/{asked['id']}/{verb}")


def cancel(stack: MotoStack, execution_id: str) -> Answer:
    return stack.api("POST", f"/api/v1/executions/{execution_id}/cancel")


def ended(stack: MotoStack, execution_id: str) -> tuple[str, dict[str, str]]:
    """The status and those of the tasks, once everything is over and nothing left."""
    detail = stack.wait_for_execution(execution_id)
    check_nothing_left(stack)
    statuses = {task["taskName"]: task["status"] for task in detail["tasks"]}
    assert statuses["last"] == "SUCCESS"
    return detail["execution"]["status"], statuses


@pytest.fixture
def asked(moto_stack: MotoStack, create_flow: Any, execute: Any) -> Callable[[], Any]:
    """Ask for an approval, a new one each time."""
    flow = create_flow(GATE)
    return lambda: moto_stack.wait_for_approval(execute(flow["id"]))


@pytest.mark.parametrize("second", ["approve", "reject"])
def test_of_two_decisions_the_one_that_was_stored_counts(
    second: str, moto_stack: MotoStack, asked: Any
):
    for each in Rounds(moto_stack, fewest=3):
        approval = asked()
        other = Told(partial(decide, moto_stack, approval, second))
        with each.before_a_call("approvals", other):
            first = decide(moto_stack, approval)

        status, _ = ended(moto_stack, approval["executionId"])
        assert sorted([first.status, other.status or 409]) == [200, 409]
        counts = "approve" if first.status == 200 else second
        assert status == {"approve": "SUCCESS", "reject": "FAILED"}[counts]


def test_a_decision_at_any_point_of_the_turn_that_expires_its_gate(
    moto_stack: MotoStack, asked: Any
):
    for each in Rounds(moto_stack, fewest=6):
        approval = asked()
        age(moto_stack, approval, hours=3)
        other = Told(partial(decide, moto_stack, approval))
        with each.before_a_call("runner", other):
            ring(moto_stack, approval["executionId"])
            status, tasks = ended(moto_stack, approval["executionId"])

        is_approved = other.status == 200
        assert other.status in {200, 409, None}
        assert (status, tasks["g"]) == (("SUCCESS",) * 2 if is_approved else ("FAILED",) * 2)
        assert stored(moto_stack, approval) == ("APPROVED" if is_approved else "EXPIRED")


def test_a_time_out_at_any_point_of_a_decision(moto_stack: MotoStack, asked: Any):
    for each in Rounds(moto_stack, fewest=3):
        approval = asked()
        with each.before_a_call("approvals", partial(expire, moto_stack, approval)):
            answer = decide(moto_stack, approval)

        status, _ = ended(moto_stack, approval["executionId"])
        assert (answer.status, status) in {(200, "SUCCESS"), (409, "FAILED")}


def expire(stack: MotoStack, approval: Any) -> None:
    """Let the time of an approval be over, and wait for what comes of it."""
    if stored(stack, approval) == "PENDING":
        age(stack, approval, hours=3)
        ring(stack, approval["executionId"])
        stack.wait_until(lambda: stored(stack, approval) != "PENDING")


def stored(stack: MotoStack, approval: Any) -> str:
    key = {"pk": f"default#{approval['id']}"}
    return str(table(stack, "APPROVALS_TABLE_NAME").get_item(Key=key)["Item"]["status"])


@pytest.mark.parametrize("function", ["approvals", "executions"])
def test_a_decision_and_a_cancel_at_any_point_of_each_other(
    function: str, moto_stack: MotoStack, asked: Any
):
    for each in Rounds(moto_stack, fewest=3):
        approval = asked()
        decision = Told(partial(decide, moto_stack, approval))
        cancelled = Told(partial(cancel, moto_stack, approval["executionId"]))
        first, other = (decision, cancelled)[:: 1 if function == "approvals" else -1]
        with each.before_a_call(function, other):
            first()

        status, tasks = ended(moto_stack, approval["executionId"])
        assert status == ("CANCELLED" if cancelled.status == 202 else "SUCCESS")
        assert tasks["g"] == ("SUCCESS" if decision.status == 200 else "CANCELLED")


def test_a_cancel_at_any_point_of_the_turn_that_ends_an_execution(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(QUICK)
    for each in Rounds(moto_stack, fewest=8):
        other = Told(lambda: cancel(moto_stack, newest(moto_stack)))
        with each.before_a_call("runner", other):
            status, _ = ended(moto_stack, execute(flow["id"]))

        ends = {(202, "CANCELLED"), (409, "SUCCESS"), (None, "SUCCESS")}
        assert (other.status, status) in ends


def newest(stack: MotoStack) -> str:
    return str(stack.api("GET", "/api/v1/executions?limit=1").body[0]["id"])


@pytest.mark.parametrize(("function", "wake"), [("timers", ring), ("reconcile", reconcile)])
def test_a_second_wake_up_at_any_point_of_the_first(
    function: str, wake: Any, moto_stack: MotoStack, asked: Any
):
    for each in Rounds(moto_stack, fewest=2):
        approval = asked()
        execution_id = approval["executionId"]
        age(moto_stack, approval, hours=3)
        with each.before_a_call(function, partial(ring, moto_stack, execution_id)):
            wake(moto_stack, execution_id)

        assert ended(moto_stack, execution_id)[0] == "FAILED"


def test_a_timer_at_any_point_of_the_turn_that_parks(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(GATE)
    for each in Rounds(moto_stack, fewest=6):
        with each.before_a_call("runner", lambda: ring(moto_stack, newest(moto_stack))):
            execution_id = execute(flow["id"])
            approval = moto_stack.wait_for_approval(execution_id)
        assert decide(moto_stack, approval).status == 200
        assert ended(moto_stack, execution_id)[0] == "SUCCESS"


def test_a_retry_with_the_same_key_at_any_point_of_another(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    source = execute(create_flow(BROKEN)["id"])
    moto_stack.wait_for_execution(source)
    path, keys = f"/api/v1/executions/{source}/retry", (f"k{number}" for number in count())
    answers: list[Answer] = []
    for each in Rounds(moto_stack, fewest=6):
        act = partial(moto_stack.api, "POST", path, None, {"idempotency-key": next(keys)})
        other = Told(act)
        with each.before_a_call("executions", other):
            answers.append(act())
        again = other.answer or act()

        assert {answers[-1].status, again.status} == {202}
        assert again.body == answers[-1].body
        moto_stack.wait_for_execution(again.body["executionId"])
    made = moto_stack.api("GET", "/api/v1/executions?limit=500").body
    assert len(made) == len(answers) + 1
    check_nothing_left(moto_stack)


def test_a_cancel_at_any_point_of_the_promotion_of_who_waits(
    moto_stack: MotoStack, asked: Any, execute: Any
):
    for each in Rounds(moto_stack, fewest=8):
        approval = asked()
        waiting = execute(approval["flowId"])
        other = Told(partial(cancel, moto_stack, waiting))
        with each.before_a_call("runner", other):
            assert decide(moto_stack, approval).status == 200
            moto_stack.wait_for_execution(approval["executionId"])
        if other.status is None:
            other()

        assert other.status == 202
        status = moto_stack.wait_for_execution(waiting)["execution"]["status"]
        assert status == "CANCELLED"
        check_nothing_left(moto_stack)


def start(stack: MotoStack, execution_id: str) -> None:
    """Start the run of an execution that has none, and wait until it is parked."""
    hint = run_ended_event(stack.machine_arn, f"{execution_id}-1", "FAILED")
    stack.invoke("reconcile", hint)
    stack.wait_until(lambda: stack.is_parked(execution_id))


CALLING = """
name: calling
tasks:
  - {name: call, type: flow.subflow, dependsOn: [], properties: {namespace: default, name: gated}}
  - {name: h, type: flow.gate, dependsOn: [], properties: {message: 'Go?', timeout: 2h}}
finally: [{name: last, type: core.set, properties: {values: {}}}]
"""


def test_the_next_try_of_a_turn_at_any_point_of_the_one_that_was_taken_for_lost(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    child = create_flow(GATE.replace("concurrency: {limit: 1}\n", ""))
    flow = create_flow(CALLING)
    for number, each in enumerate(Rounds(moto_stack, fewest=8), start=1):
        moto_stack.calls.fail_next(BUSY, lambda call: call.operation == "SFN.StartExecution")
        execution_id = execute(flow["id"])
        turn = {
            "tenant": "default",
            "executionId": execution_id,
            "generation": 1,
            "segment": "main",
            "machine": moto_stack.machine_arn,
        }

        with each.before_a_call("runner", partial(start, moto_stack, execution_id)):
            moto_stack.invoke("runner", turn)

        row = {"pk": f"default#{execution_id}", "sk": "execution"}
        parked = table(moto_stack).get_item(Key=row)["Item"]
        children = moto_stack.api("GET", f"/api/v1/executions?flowId={child['id']}&limit=500").body
        assert len(children) == number
        assert parked["isParked"]
        assert "wakeAt" in parked
