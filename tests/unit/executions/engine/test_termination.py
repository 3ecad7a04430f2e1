"""Early ends: by the flow's time-out or a cancel, whatever runs or waits then."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from shared.executions.models import Status, TerminationReason
from shared.executions.task_runs import Cause, Failure
from shared.plugins.sdk.plugin import Run, TaskContext
from tests.support.executions.bench import Bench, failing
from tests.support.plans import plan_of, task
from tests.support.slow_plugins import Lingering


def test_the_flows_timeout_ends_what_runs_and_what_waits_and_runs_errors_and_finally():
    plan = plan_of(
        task("w", type="flow.wait", dependsOn=[], properties={"duration": "1h"}),
        task("x", dependsOn=["w"], properties={"values": {}}),
        timeout=60,
        errors=[task("note", properties={"values": {"why": "{{ error }}"}})],
        **{"finally": [task("bye", properties={"values": {}})]},
    )
    bench = Bench(plan)

    assert bench.turn() == "wait"
    assert bench.answer.delay_seconds == 60
    assert bench.run().status is Status.TIMED_OUT

    assert bench.statuses() == {"w": "CANCELLED", "note": "SUCCESS", "bye": "SUCCESS"}
    assert bench.now.error is not None
    assert bench.now.error.code == "flow_timeout"
    assert json.loads(bench.runs["note"].outputs or "")["why"] == {
        "taskName": None,
        "code": "flow_timeout",
        "message": "the flow's timeout has passed",
        "status": "TIMED_OUT",
    }


def test_the_flows_timeout_ends_a_wait_for_the_next_attempt_of_the_whole():
    plan = plan_of(
        task("a", type="t.fail"), timeout=60, retry={"maxAttempts": 2, "delay": timedelta(hours=1)}
    )
    bench = Bench(plan, {"t.fail": failing()})

    assert bench.turn() == "wait"
    assert bench.answer.delay_seconds <= 60
    assert bench.run().status is Status.TIMED_OUT
    assert bench.now.error is not None
    assert bench.now.error.code == "flow_timeout"


@pytest.mark.parametrize(("kind", "status"), [("core.set", "SUCCESS"), ("t.fail", "FAILED")])
def test_what_was_over_before_the_flows_timeout_stays_as_it_ended(kind: str, status: str):
    slow = [
        task("w", type="flow.wait", properties={"duration": "2m"}),
        task("last", properties={"values": {}}),
    ]
    named = {"finally" if status == "SUCCESS" else "errors": slow}
    bench = Bench(
        plan_of(task("a", type=kind, properties={"values": {}}), timeout=60, **named),
        {"t.fail": failing()},
    )

    assert bench.run().status == status
    assert bench.statuses() == {"a": status, "w": "SUCCESS", "last": "SUCCESS"}


@pytest.mark.timing
def test_the_flows_timeout_ends_a_task_that_runs():
    plan = plan_of(task("a", type="t.slow"), timeout=0.2)
    bench = Bench(plan, {"t.slow": Lingering("a")})
    bench.turn()

    assert bench.now.status is Status.TIMED_OUT
    assert bench.statuses() == {"a": "CANCELLED"}


@pytest.mark.parametrize(
    ("timeout", "message"),
    [
        ("{{ 'soon' }}", 'timeout: "soon" is no duration: write 30, "500ms", "1h30m" or "PT30S"'),
        (
            "{{ inputs.t }}",
            "template error in timeout: 'inputs.t' is undefined: inputs is an empty map",
        ),
    ],
)
def test_a_flows_timeout_that_cannot_be_read_fails_it_before_its_tasks(timeout: str, message: str):
    plan = plan_of(
        task("a"),
        timeout=timeout,
        errors=[task("note", properties={"values": {"why": "{{ error.status }}"}})],
        **{"finally": [task("bye", properties={"values": {}})]},
    )
    bench = Bench(plan)

    assert bench.turn() == "done"
    assert bench.now.status is Status.FAILED
    assert bench.now.error is not None
    assert bench.now.error.message == message
    assert bench.statuses() == {"note": "SUCCESS", "bye": "SUCCESS"}
    assert json.loads(bench.runs["note"].outputs or "") == {"why": "FAILED"}


def test_what_is_said_of_such_a_timeout_shows_no_secret():
    plan = plan_of(task("a"), timeout="{{ inputs.password }}")
    bench = Bench(plan, secrets={"password": "swordfish"})
    bench.run()

    assert bench.now.error is not None
    assert bench.now.error.message.startswith('timeout: "******" is no duration')


def test_a_cancel_just_before_the_flows_timeout_counts():
    benches: list[Bench] = []

    def cancel(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        [bench] = benches
        bench.store.terminate(bench.now, TerminationReason.CANCEL, check_at=bench.now.created_at)
        bench.ahead += timedelta(hours=1)
        return {}

    plan = plan_of(task("t", type="t.cancel"), task("u", type="t.cancel"), timeout="1h")
    bench = Bench(plan, {"t.cancel": cancel})
    benches.append(bench)

    assert bench.turn() == "done"
    assert bench.now.closing is TerminationReason.CANCEL
    assert bench.turn(generation=2) == "done"
    assert bench.now.status is Status.CANCELLED


def test_a_cancelled_execution_settles_runs_finally_and_nothing_else():
    plan = plan_of(
        task("w", type="flow.wait", properties={"duration": "1h"}),
        task("x", properties={"values": {}}),
        errors=[task("note", properties={"values": {}})],
        **{"finally": [task("bye", properties={"values": {}})]},
    )
    bench = Bench(plan)
    bench.turn()
    bench.store.mark_terminating(bench.now, TerminationReason.CANCEL)

    assert bench.turn() == "done"

    assert bench.now.status is Status.CANCELLED
    assert bench.statuses() == {"w": "CANCELLED", "bye": "SUCCESS"}


@pytest.mark.parametrize("inside", [False, True])
def test_what_the_flows_timeout_cut_off_between_attempts_keeps_why_the_last_one_failed(
    *, inside: bool
):
    retried = task("a", type="t.fail", retry={"maxAttempts": 3, "delay": 3600})
    box = task("box", type="flow.parallel", tasks=[retried])
    told = task("told", properties={"values": {"x": "{{ tasks.a.error.code }}"}})
    plan = plan_of(box if inside else retried, timeout=60, **{"finally": [told]})
    bench = Bench(plan, {"t.fail": failing()})

    assert bench.run().status is Status.TIMED_OUT
    assert bench.runs["a"].error == Failure(
        code="flow_timeout",
        message="the flow's timeout has passed",
        cause=Cause(code="broken", message="it broke", status_code=503),
    )
    assert json.loads(bench.runs["told"].outputs or "") == {"x": "flow_timeout"}


def test_what_a_cancel_or_the_time_out_of_a_container_cut_off_keeps_it_too():
    retried = task("a", type="t.fail", retry={"maxAttempts": 3, "delay": 3600})
    box = task("box", type="flow.parallel", timeout=60, tasks=[retried])
    bench = Bench(plan_of(box), {"t.fail": failing()})
    bench.run()

    error = bench.runs["a"].error
    assert error is not None
    assert (error.code, error.cause and error.cause.code) == ("timeout", "broken")


def test_what_had_not_failed_has_no_cause():
    plan = plan_of(task("w", type="flow.wait", properties={"duration": "1h"}), timeout=60)
    bench = Bench(plan)
    bench.run()

    error = bench.runs["w"].error
    assert error is not None
    assert error.cause is None
    assert "cause" not in error.model_dump(by_alias=True)


@pytest.mark.parametrize("kind", ["flow.parallel", "flow.foreach", "flow.loop"])
@pytest.mark.parametrize("retry", [None, {"maxAttempts": 2, "delay": 3600}])
def test_what_the_flows_timeout_has_ended_times_out_no_more(kind: str, retry: Any):
    properties = {"flow.foreach": {"items": [1]}, "flow.loop": {"until": "false"}}.get(kind, {})
    holds = task(
        "holds",
        type=kind,
        properties=properties,
        timeout=103,
        retry=retry,
        tasks=[task("long", type="t.long"), task("x", properties={"values": {}})],
    )
    bye = [task("bye", type="t.bye"), task("end", properties={"values": {}})]
    seconds = {"t.long": 100, "t.bye": 5}
    benches = list[Bench]()

    def passing(name: str) -> Run:
        def run(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
            benches[0].skip(seconds[name])
            return {}

        return run

    plan = plan_of(holds, timeout=100, **{"finally": bye})
    benches.append(Bench(plan, {name: passing(name) for name in seconds}, ticks=False))
    benches[0].run()

    assert benches[0].now.status is Status.TIMED_OUT
    statuses = benches[0].statuses()
    assert (statuses["bye"], statuses["end"]) == ("SUCCESS", "SUCCESS")
    assert statuses.get("holds", "CANCELLED") == "CANCELLED"
