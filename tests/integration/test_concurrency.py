"""Slots on real parts: never more at once than there are, none left behind, whatever dies when."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Key

from shared.executions.lifecycle.concurrency import Promoter
from shared.executions.models import Slot, Status
from shared.executions.store.repository import ExecutionRepository
from shared.executions.store.slots import SlotRepository
from shared.executions.store.snapshots import End
from shared.times import from_rfc3339, to_rfc3339
from tests.support.events import run_ended_event, scheduled_event
from tests.support.executions.repository import execution_of
from tests.support.executions.step_functions import FakeEngine
from tests.support.plans import plan_of, task
from tests.support.stack import MotoStack

pytestmark = pytest.mark.proof

FLOW = "01890000-0000-7000-8000-000000000002"

LIMITED = """
name: limited
concurrency: {limit: LIMIT, behavior: BEHAVIOR}
tasks:
  - {name: a, type: core.set, properties: {values: {x: 1}}}
"""
WAITING = """
name: waits
retention: 30d
concurrency: {limit: 1, behavior: BEHAVIOR}
tasks:
  - {name: a, type: flow.wait, properties: {duration: 1h}}
finally:
  - {name: tidy, type: core.set, properties: {values: {x: 1}}}
"""


def limited(limit: int, behavior: str = "QUEUE") -> str:
    return LIMITED.replace("LIMIT", str(limit)).replace("BEHAVIOR", behavior)


def waits(behavior: str = "QUEUE") -> str:
    return WAITING.replace("BEHAVIOR", behavior)


def table(stack: MotoStack) -> Any:
    return boto3.resource("dynamodb").Table(stack.environment["EXECUTIONS_TABLE_NAME"])


def line(stack: MotoStack, flow: Any) -> tuple[int, list[str]]:
    """The slots taken, and who waits."""
    condition = Key("pk").eq(f"default#slots#{flow['id']}")
    items = table(stack).query(KeyConditionExpression=condition, ConsistentRead=True)["Items"]
    taken = sum(int(item["taken"]) for item in items if item["sk"] == "count")
    return taken, [item["sk"].partition("#")[2] for item in items if item["sk"] != "count"]


def status(stack: MotoStack, execution_id: str) -> str:
    answer = stack.api("GET", f"/api/v1/executions/{execution_id}")
    return str(answer.body["execution"]["status"])


def expires(stack: MotoStack, execution_id: str) -> bool:
    """Whether an execution's row is let go of some day."""
    key = {"pk": f"default#{execution_id}", "sk": "execution"}
    return "expiresAt" in table(stack).get_item(Key=key)["Item"]


def cancel(stack: MotoStack, execution_id: str) -> Any:
    return stack.api("POST", f"/api/v1/executions/{execution_id}/cancel")


def until(stack: MotoStack, execution_id: str, wanted: str) -> None:
    stack.wait_until(lambda: status(stack, execution_id) == wanted)


def make_due(stack: MotoStack, execution_id: str, sk: str = "execution") -> None:
    table(stack).update_item(
        Key={"pk": f"default#{execution_id}", "sk": sk},
        UpdateExpression="SET checkAt = :at",
        ExpressionAttributeValues={":at": to_rfc3339(datetime.now(UTC) - timedelta(seconds=1))},
    )


def line_look(stack: MotoStack, flow: Any) -> datetime | None:
    """When the reconciler looks at a flow's line, if it does."""
    key = {"pk": f"default#slots#{flow['id']}", "sk": "count"}
    at = table(stack).get_item(Key=key, ConsistentRead=True)["Item"].get("checkAt")
    return at and from_rfc3339(at)


def dying_between_end_and_promotion(stack: MotoStack, flow: Any, execute: Any) -> tuple[str, str]:
    """One that ended and whose run died for good with it, and one that still waits."""
    # Of the second, which reads no plan any more; the one that dies makes the same calls.
    for _ in range(2):
        stack.calls.clear()
        stack.wait_for_execution(execute(flow["id"]))
        stack.wait_until(lambda: stack.runs()[0]["status"] != "RUNNING")
    ends = stack.calls.of("runner").index("DynamoDB.TransactWriteItems") + 1
    waiting: list[str] = []
    stack.dies_for_good = True
    stack.calls.meanwhile(ends, "runner", lambda: waiting.append(execute(flow["id"])))
    stack.calls.crash_after(ends)
    first = execute(flow["id"])
    stack.wait_for_execution(first)
    stack.wait_until(lambda: stack.runs()[0]["status"] != "RUNNING")
    stack.dies_for_good = False
    assert [run["name"] for run in stack.runs()[:-2]] == [f"{first}-1"]
    [second] = waiting
    return first, second


def most_at_once(executions: list[Any]) -> int:
    """The most executions between their start and their end at any moment."""
    moments = [(from_rfc3339(each["startedAt"]), 1) for each in executions]
    moments += [(from_rfc3339(each["finishedAt"]), -1) for each in executions]
    at_once = most = 0
    for _, change in sorted(moments):
        at_once += change
        most = max(most, at_once)
    return most


@pytest.mark.timing
def test_forty_one_executions_share_five_slots(moto_stack: MotoStack, create_flow: Any):
    flow = create_flow(limited(5))
    path = f"/api/v1/flows/{flow['id']}/execute"

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: moto_stack.api("POST", path), range(41)))

    assert {answer.status for answer in answers} == {202}
    ended = [
        moto_stack.wait_for_execution(answer.body["executionId"], seconds=120)["execution"]
        for answer in answers
    ]
    assert {each["status"] for each in ended} == {"SUCCESS"}
    assert most_at_once(ended) <= 5
    assert line(moto_stack, flow) == (0, [])
    assert len(moto_stack.runs()) == 41


def test_the_oldest_goes_first_and_nobody_else_is_started(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(waits())
    first, second, third = (execute(flow["id"]) for _ in range(3))
    until(moto_stack, first, "RUNNING")
    for each in (second, third):
        make_due(moto_stack, each)
    assert moto_stack.invoke("reconcile", scheduled_event()) == {"waited": 2}
    assert [run["name"] for run in moto_stack.runs()] == [f"{first}-1"]
    assert line(moto_stack, flow) == (1, [second, third])

    cancel(moto_stack, first)
    until(moto_stack, second, "RUNNING")

    assert status(moto_stack, third) == "QUEUED"
    assert line(moto_stack, flow) == (1, [third])


def test_a_waiting_execution_that_is_cancelled_ends_at_once_and_runs_nothing(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(waits())
    first, second, third = (execute(flow["id"]) for _ in range(3))

    answer = cancel(moto_stack, second)

    assert (answer.status, answer.body["status"]) == (202, "CANCELLED")
    assert cancel(moto_stack, second).status == 409
    detail = moto_stack.api("GET", f"/api/v1/executions/{second}").body
    assert detail["execution"]["error"]["code"] == "cancelled"
    assert expires(moto_stack, second)
    assert {task["startedAt"] for task in detail["tasks"]} == {None}
    cancel(moto_stack, first)
    until(moto_stack, third, "RUNNING")
    assert line(moto_stack, flow) == (1, [])
    assert len(moto_stack.runs()) == 3


@pytest.mark.timing
def test_of_a_cancel_and_an_admission_exactly_one_wins(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(waits())
    running = execute(flow["id"])
    for _ in range(6):
        waiting = execute(flow["id"])
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda each: cancel(moto_stack, each), [running, waiting]))
        for each in (running, waiting):
            moto_stack.wait_for_execution(each)
        moto_stack.wait_until(lambda: line(moto_stack, flow) == (0, []))
        running = execute(flow["id"])


@pytest.mark.parametrize(("behavior", "ended"), [("CANCEL", "CANCELLED"), ("FAIL", "FAILED")])
def test_who_may_not_wait_is_made_ended_and_the_same_key_says_so_again(
    behavior: str, ended: str, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(waits(behavior))
    path, key = f"/api/v1/flows/{flow['id']}/execute", {"idempotency-key": "k"}
    holder = execute(flow["id"])

    refused = moto_stack.api("POST", path, None, key)
    cancel(moto_stack, holder)
    moto_stack.wait_for_execution(holder)
    again = moto_stack.api("POST", path, None, key)

    assert (refused.status, refused.body["status"]) == (202, ended)
    assert again.body == refused.body
    detail = moto_stack.api("GET", f"/api/v1/executions/{refused.body['executionId']}").body
    assert detail["execution"]["status"] == ended
    assert detail["execution"]["error"]["code"] == "concurrency_limit"
    assert line(moto_stack, flow) == (0, [])
    assert expires(moto_stack, refused.body["executionId"])
    until(moto_stack, execute(flow["id"]), "RUNNING")


def test_each_value_of_a_key_has_its_own_slots(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(waits().replace("limit: 1,", "limit: 1, key: 'inputs.user',"))
    path = f"/api/v1/flows/{flow['id']}/execute"

    ana, bob, second = (
        execute(flow["id"], {"inputs": {"user": user}}) for user in ("ana", "bob", "ana")
    )
    refused = moto_stack.api("POST", path, None, {"idempotency-key": "k"})
    accepted = moto_stack.api("POST", path, {"inputs": {"user": "eve"}}, {"idempotency-key": "k"})

    for each in (ana, bob):
        until(moto_stack, each, "RUNNING")
    assert status(moto_stack, second) == "QUEUED"
    assert (refused.status, refused.body["code"]) == (400, "invalid_inputs")
    assert "concurrency.key" in refused.body["detail"]
    assert accepted.status == 202


@pytest.mark.parametrize("behavior", ["QUEUE", "CANCEL"])
@pytest.mark.parametrize("kind", ["after", "before"])
def test_a_start_that_dies_at_any_call_leaks_no_slot(
    behavior: str, kind: str, moto_stack: MotoStack, create_flow: Any
):
    flow = create_flow(limited(1, behavior))
    path = f"/api/v1/flows/{flow['id']}/execute"
    for number in range(1, 20):
        key = {"idempotency-key": f"{number}"}
        moto_stack.calls.clear()
        getattr(moto_stack.calls, f"crash_{kind}")(number, "executions")
        try:
            answer = moto_stack.api("POST", path, None, key)
        except SystemExit:
            answer = moto_stack.api("POST", path, None, key)
        has_crashed = moto_stack.calls.has_crashed
        moto_stack.calls.clear()
        detail = moto_stack.wait_for_execution(answer.body["executionId"])
        assert detail["execution"]["status"] == "SUCCESS"
        moto_stack.wait_until(lambda: line(moto_stack, flow) == (0, []))
        if not has_crashed:
            break
    assert number > 4


@pytest.mark.parametrize("kind", ["after", "before"])
def test_a_runner_that_dies_at_any_call_leaks_no_slot(
    kind: str, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(limited(1))
    for number in range(1, 15):
        moto_stack.calls.clear()
        getattr(moto_stack.calls, f"crash_{kind}")(number)
        started = [execute(flow["id"]) for _ in range(3)]
        moto_stack.wait_until(lambda: all(r["status"] != "RUNNING" for r in moto_stack.runs()))
        # One that was admitted by whoever died next is started by the next look.
        moto_stack.invoke("reconcile", {"all": True})
        ended = [moto_stack.wait_for_execution(each)["execution"] for each in started]
        assert {each["status"] for each in ended} == {"SUCCESS"}
        assert most_at_once(ended) == 1
        moto_stack.wait_until(lambda: line(moto_stack, flow) == (0, []))
    assert moto_stack.calls.has_crashed


def test_the_minute_after_whoever_freed_a_slot_died_for_good_it_is_handed_on(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(limited(1))
    _, second = dying_between_end_and_promotion(moto_stack, flow, execute)
    assert status(moto_stack, second) == "QUEUED"
    at = line_look(moto_stack, flow)
    assert at
    assert at <= datetime.now(UTC) + timedelta(minutes=1)

    make_due(moto_stack, f"slots#{flow['id']}", "count")
    assert moto_stack.invoke("reconcile", scheduled_event()) == {"promoted": 1}

    assert moto_stack.wait_for_execution(second)["execution"]["status"] == "SUCCESS"
    moto_stack.wait_until(lambda: line(moto_stack, flow) == (0, []))
    assert line_look(moto_stack, flow) is None


def test_the_hint_that_a_run_has_died_hands_its_slot_on_at_once(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(limited(1))
    first, second = dying_between_end_and_promotion(moto_stack, flow, execute)

    hint = run_ended_event(moto_stack.machine_arn, f"{first}-1", "ABORTED")

    assert moto_stack.invoke("reconcile", hint) == {"promoted": 1}
    assert moto_stack.wait_for_execution(second)["execution"]["status"] == "SUCCESS"


def test_who_was_admitted_by_a_start_that_died_before_it_started_is_started_a_minute_later(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(limited(1))
    moto_stack.calls.clear()
    moto_stack.wait_for_execution(execute(flow["id"]))
    calls = moto_stack.calls.of("executions")
    moto_stack.calls.crash_before(calls.index("SFN.StartExecution") + 1, "executions")
    with pytest.raises(SystemExit):
        execute(flow["id"])
    [newest] = moto_stack.api("GET", "/api/v1/executions?limit=1").body
    assert line(moto_stack, flow) == (1, [])

    make_due(moto_stack, newest["id"])
    assert moto_stack.invoke("reconcile", scheduled_event()) == {"started": 1}

    assert moto_stack.wait_for_execution(newest["id"])["execution"]["status"] == "SUCCESS"
    moto_stack.wait_until(lambda: line(moto_stack, flow) == (0, []))


def test_who_waits_in_a_line_that_is_looked_at_needs_no_looks_of_its_own(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(waits())
    started = [execute(flow["id"]) for _ in range(4)]
    until(moto_stack, started[0], "RUNNING")
    for each in started[1:]:
        make_due(moto_stack, each)
    assert moto_stack.invoke("reconcile", scheduled_event()) == {"waited": 3}

    make_due(moto_stack, f"slots#{flow['id']}", "count")
    moto_stack.calls.clear()
    assert moto_stack.invoke("reconcile", scheduled_event()) == {"waited": 1}

    # Four shards, and of the one line its place in the index and its head.
    calls = Counter(moto_stack.calls.of("reconcile"))
    assert calls == {"DynamoDB.Query": 6, "DynamoDB.UpdateItem": 1}


def test_a_reconciler_that_dies_at_any_call_leaks_no_slot(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(limited(1))
    for number in range(1, 8):
        moto_stack.calls.clear()
        # The start dies before it promotes.
        moto_stack.calls.crash_after(3, "executions")
        with pytest.raises(SystemExit):
            execute(flow["id"])
        moto_stack.calls.crash_after(number, "reconcile")
        for _ in range(2):
            try:
                moto_stack.invoke("reconcile", {"all": True})
            except SystemExit:
                continue
        moto_stack.calls.clear()
        [newest] = moto_stack.api("GET", "/api/v1/executions?limit=1").body
        assert moto_stack.wait_for_execution(newest["id"])["execution"]["status"] == "SUCCESS"
        moto_stack.wait_until(lambda: line(moto_stack, flow) == (0, []))


def test_a_retry_of_the_whole_keeps_its_slot_and_a_retry_by_hand_stands_in_line(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow("""
name: failing
concurrency: {limit: 1}
retry: {maxAttempts: 2, delay: 1h}
tasks:
  - {name: a, type: util.validate, properties: {data: 1, schema: {type: string}}}
""")
    first = execute(flow["id"])
    path = f"/api/v1/executions/{first}"
    moto_stack.wait_until(lambda: moto_stack.api("GET", path).body["execution"]["dueAt"])
    assert line(moto_stack, flow) == (1, [])
    cancel(moto_stack, first)
    moto_stack.wait_for_execution(first)
    holder = execute(flow["id"])

    answer = moto_stack.api("POST", f"{path}/retry")

    assert answer.status == 202
    until(moto_stack, holder, "RUNNING")
    assert line(moto_stack, flow) == (1, [answer.body["executionId"]])


def test_children_stand_in_line_too(moto_stack: MotoStack, create_flow: Any, execute: Any):
    child = create_flow(limited(1))
    parent = create_flow("""
name: parent
tasks:
  - name: both
    type: flow.parallel
    tasks:
      - {name: one, type: flow.subflow, properties: {namespace: default, name: limited}}
      - {name: two, type: flow.subflow, properties: {namespace: default, name: limited}}
""")

    detail = moto_stack.wait_for_execution(execute(parent["id"]), seconds=60)

    assert detail["execution"]["status"] == "SUCCESS"
    children = moto_stack.api("GET", f"/api/v1/executions?flowId={child['id']}").body
    assert [each["status"] for each in children] == ["SUCCESS", "SUCCESS"]
    assert most_at_once(children) == 1
    moto_stack.wait_until(lambda: line(moto_stack, child) == (0, []))


class Steps:
    """Real slots on a real table, and an engine that only notes what it is to start."""

    def __init__(self, stack: MotoStack) -> None:
        stored = table(stack)
        self._stack, self.engine = stack, FakeEngine()
        self.executions = ExecutionRepository(stored)
        self.slots = SlotRepository(stored, time.sleep)
        self.promoter = Promoter(self.slots, self.engine, lambda: datetime.now(UTC))
        self.line = f"default#slots#{FLOW}"
        self.open: list[str] = []
        self.entered: list[str] = []

    def start(self) -> None:
        identity = f"01890000-0000-7000-8000-{len(self.entered):012d}"
        slot = Slot(line=self.line, limit=3)
        self.slots.enter(execution_of(plan_of(task("a")), id=identity, flowId=FLOW, slot=slot))
        for each in (self.entered, self.open):
            each.append(identity)
        self.promote()

    def end_oldest(self) -> None:
        execution = self.executions.find("default", self.open.pop(0))
        assert execution
        assert self.executions.finish(execution, End(Status.SUCCESS, 1), now=datetime.now(UTC))
        self.promote()

    def promote(self) -> None:
        self.promoter.promote(self.line)
        taken, waiting = line(self._stack, {"id": FLOW})
        found = [self.executions.find("default", each) for each in self.open]
        admitted = [each.id for each in found if each and not each.is_waiting]
        assert taken == len(admitted) == min(3, len(self.open))
        assert admitted + waiting == self.open
        started = self.engine.started
        assert started == [f"{each}-1" for each in self.entered[: len(started)]]


@pytest.mark.timing
def test_each_step_keeps_the_count_the_line_and_the_executions_in_agreement(moto_stack: MotoStack):
    steps = Steps(moto_stack)

    for number in range(15):
        steps.start()
        if number % 3 == 2:
            steps.end_oldest()
    while steps.open:
        steps.end_oldest()

    assert steps.promoter.watch(steps.line) == 0
    assert line_look(moto_stack, {"id": FLOW}) is None
