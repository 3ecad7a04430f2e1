"""Attempts of containers: what is shown of them, how they are ended, what is kept."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from shared.executions.engine import recorder
from shared.executions.models import Status, TerminationReason
from shared.executions.scheduling.reuse import reusable_runs
from shared.executions.store.payloads import ROW_BYTES
from shared.executions.views.task_list import task_runs
from shared.flows.plans.plan import Plan
from shared.people.approvals.gate import GateTask
from shared.people.approvals.models import Approval, ApprovalStatus, Decision
from shared.plugins.sdk.plugin import Run, TaskContext
from tests.support.approvals import InMemoryApprovals
from tests.support.container_attempts import RETRY, box, die_at, flaky, listed, setting
from tests.support.executions.bench import Abandoned, Bench, failing
from tests.support.plans import plan_of, task


def test_a_list_shows_the_attempt_that_failed_until_the_next_begins():
    plan = plan_of(
        task(
            "box",
            type="flow.if",
            retry=RETRY,
            properties={"condition": True},
            then=[
                task("t", type="t.flaky"),
                task("pause", type="flow.wait", properties={"duration": "2h"}),
                setting("last"),
            ],
        )
    )
    bench = Bench(plan, {"t.flaky": flaky()})
    bench.turn()
    assert listed(bench, plan) == [
        ("box", None, "RETRYING"),
        ("t", None, "FAILED"),
        ("pause", None, "SKIPPED"),
        ("last", None, "SKIPPED"),
    ]

    bench.ahead += bench.pause
    bench.turn()
    assert listed(bench, plan) == [
        ("box", None, "RUNNING"),
        ("t", None, "SUCCESS"),
        ("pause", None, "RUNNING"),
        ("last", None, "WAITING"),
    ]
    assert bench.runs["box"].attempt == 2


def test_a_list_shows_what_a_new_attempt_has_not_run_yet():
    plan = plan_of(
        task(
            "box",
            type="flow.if",
            retry=RETRY,
            properties={"condition": True},
            then=[setting("one"), task("two", type="t.fail"), setting("three")],
        )
    )
    bench = Bench(plan, {"t.fail": failing()})
    bench.turn()
    bench.ahead += bench.pause
    bench.store.on_write = die_at({0}, "after")
    with pytest.raises(Abandoned):
        bench.turn()

    shown = {run.task_name: run for run in task_runs(plan, bench.now, bench.runs)}
    assert [run.status.value for run in shown.values()] == [
        *("RUNNING", "RUNNING", "WAITING", "WAITING"),
    ]
    assert shown["one"].started_at == bench.runs["box"].due_at


def _cancelled(bench: Bench) -> None:
    bench.store.terminate(bench.now, TerminationReason.CANCEL, check_at=bench.now.created_at)
    assert bench.now.closing is TerminationReason.CANCEL
    assert bench.turn(generation=bench.now.generation) == "done"


def test_a_cancel_between_attempts_ends_it():
    plan = plan_of(
        box(task("t", type="t.fail")), setting("after"), **{"finally": [setting("last")]}
    )
    bench = Bench(plan, {"t.fail": failing()})
    bench.turn()

    _cancelled(bench)

    assert bench.now.status is Status.CANCELLED
    assert listed(bench, plan) == [
        ("box", None, "CANCELLED"),
        ("t", None, "FAILED"),
        ("after", None, "CANCELLED"),
        ("last", None, "SUCCESS"),
    ]


def test_the_flows_timeout_between_attempts_ends_it():
    bench = Bench(plan_of(box(task("t", type="t.fail")), timeout="10m"), {"t.fail": failing()})

    assert bench.turn() == "wait"
    assert bench.pause <= timedelta(minutes=10)
    bench.ahead += bench.pause
    bench.turn()

    assert bench.now.status is Status.TIMED_OUT
    assert bench.runs["box"].status.value == "CANCELLED"


class GateBench(Bench):
    def __init__(self, plan: Plan, plugins: Mapping[str, Run] | None = None) -> None:
        self.approvals = InMemoryApprovals()
        super().__init__(plan, plugins, externals={"flow.gate": GateTask(self.approvals)})

    def pending(self) -> Approval:
        [approval] = [each for each in self.approvals.all if each.is_pending]
        return approval

    def decide(self, decision: str) -> None:
        self.approvals.replace(
            self.pending().decided(Decision(decision), by="ana", at=self.now.created_at, comment="")
        )


def gate_plan(**fields: Any) -> Plan:
    gate = task("g", type="flow.gate", properties={"message": "{{ item }}"})
    each = task("each", type="flow.foreach", properties={"items": ["Go?"]}, tasks=[gate])
    return plan_of(box(each, retry={"maxAttempts": 3, "delay": 0}, **fields))


def test_each_attempt_asks_anew_and_pauses_anew():
    bench = GateBench(gate_plan())
    bench.turn()
    first = bench.pending()
    bench.decide("rejected")

    assert bench.turn() == "park"

    second = bench.pending()
    assert second.id != first.id
    assert (second.task_name, second.iteration) == ("g", "0")
    assert bench.now.status.value == "PAUSED"
    bench.decide("approved")
    assert bench.turn() == "done"
    assert bench.now.status.value == "SUCCESS"
    assert bench.approvals.asked == 2


@pytest.mark.parametrize("rounds", [0, 1])
def test_a_cancel_closes_what_the_present_attempt_asked(rounds: int):
    bench = GateBench(gate_plan())
    bench.turn()
    for _ in range(rounds):
        bench.decide("rejected")
        bench.turn()
    asked = bench.pending()

    _cancelled(bench)

    closed = bench.approvals.find("default", asked.id)
    assert closed
    assert closed.status is ApprovalStatus.CANCELLED
    assert bench.now.status is Status.CANCELLED


def test_a_time_out_closes_what_the_present_attempt_asked():
    bench = GateBench(gate_plan(timeout="1h"))
    bench.turn()
    bench.ahead += timedelta(hours=1)

    assert bench.turn() == "park"

    statuses = [each.status for each in bench.approvals.all]
    assert statuses == [ApprovalStatus.CANCELLED, ApprovalStatus.PENDING]


def test_a_retry_of_the_execution_keeps_what_the_last_attempt_did():
    plan = plan_of(
        box(setting("zero"), task("good", type="t.flaky"), name="done"),
        task(
            "box",
            type="flow.if",
            retry={"maxAttempts": 2, "delay": 0},
            properties={"condition": True},
            then=[setting("one"), task("two", type="t.fail")],
        ),
    )
    bench = Bench(plan, {"t.fail": failing(), "t.flaky": flaky()})
    bench.run()
    assert bench.now.status is Status.FAILED

    copies = reusable_runs(plan, plan, bench.runs)

    assert {run.task_name for run in copies} == {"done", "zero", "good", "one"}
    assert {run.rounds for run in copies} == {""}
    again = Bench(plan, {"t.fail": lambda _properties, _context: {}})
    again.store.runs["default", again.execution.id] = {run.task_name: run for run in copies}
    again.run()
    assert again.now.status is Status.SUCCESS
    assert {run.task_name for run in again.store.written} == {"two", "box"}


@pytest.mark.parametrize("delay", [0, 3600])
def test_outputs_of_attempts_that_are_over_count_towards_the_bound(
    monkeypatch: pytest.MonkeyPatch, delay: int
):
    monkeypatch.setattr(recorder, "MAX_EXECUTION_BYTES", 2_500)

    def large(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        return {"text": "x" * 1_000}

    retry = {"maxAttempts": 9, "delay": delay}
    each = task(
        "each",
        type="flow.foreach",
        retry=retry,
        properties={"items": [1]},
        tasks=[task("large", type="t.large"), task("t", type="t.fail")],
    )
    bench = Bench(plan_of(each), {"t.large": large, "t.fail": failing()})
    bench.run()

    assert bench.runs["each"].attempt == 3
    error = bench.runs["each"].error
    assert error
    assert error.code == "output_too_large"


@pytest.mark.parametrize("delay", [0, 3600])
def test_objects_of_attempts_that_are_over_go_with_their_execution(delay: int):
    texts = iter(["a", "b"])

    def large(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        return {"text": next(texts) * (ROW_BYTES + 1)}

    plan = plan_of(
        box(
            task("large", type="t.large"),
            task("t", type="t.flaky"),
            retry={"maxAttempts": 2, "delay": delay},
        )
    )
    plugins = {"t.large": large, "t.flaky": flaky()}
    bench = Bench(plan, plugins, retentionSeconds=86_400)
    bench.run()

    assert bench.now.status is Status.SUCCESS
    assert len(bench.payloads.texts) == 2
    assert set(bench.payloads.days) == set(bench.payloads.texts)
