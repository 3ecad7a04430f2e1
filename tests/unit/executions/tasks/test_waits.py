"""What a turn waits for: retries, waits, the flow's time-out (flow language, sections 1, 3, 6)."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from shared.executions.engine.runner import MAX_WAIT
from shared.executions.models import Status, TerminationReason
from shared.plugins.sdk.plugin import PluginError, TaskContext
from tests.support.executions.bench import Bench, failing
from tests.support.plans import plan_of, task
from tests.support.slow_plugins import Lingering

LONG = {"maxAttempts": 3, "delay": 30}


class Flaky:
    """Fails so many times, then succeeds; remembers which attempts it saw."""

    def __init__(self, failures: int, **error: Any) -> None:
        self.failures = failures
        self.error = error
        self.calls = 0

    def __call__(self, _p: Mapping[str, Any], _c: TaskContext) -> Mapping[str, Any]:
        self.calls += 1
        if self.calls <= self.failures:
            raise PluginError("not yet", **self.error)
        return {"calls": self.calls}


def flaky_flow(**fields: Any) -> Any:
    return plan_of(task("a", type="t.flaky", **fields))


def test_a_retry_waits_outside_the_function_and_then_succeeds():
    flaky = Flaky(2)
    bench = Bench(flaky_flow(retry=LONG), {"t.flaky": flaky})

    assert bench.turn() == "wait"

    assert bench.answer.delay_seconds == 30
    assert bench.statuses() == {"a": "RETRYING"}
    assert bench.runs["a"].due_at is not None
    assert bench.run().status is Status.SUCCESS
    assert flaky.calls == 3
    assert bench.runs["a"].attempt == 3
    lines = [(line.attempt, line.level) for line in bench.runs["a"].logs]
    assert lines == [(1, "ERROR"), (1, "WARN"), (2, "ERROR"), (2, "WARN")]


def test_a_turn_that_comes_too_early_goes_on_waiting():
    flaky = Flaky(1)
    bench = Bench(flaky_flow(retry=LONG), {"t.flaky": flaky})
    bench.turn()

    assert bench.turn() == "wait"
    assert flaky.calls == 1


def test_attempts_run_out():
    flaky = Flaky(9)
    bench = Bench(flaky_flow(retry=LONG), {"t.flaky": flaky})

    assert bench.run().status is Status.FAILED
    assert flaky.calls == 3


def test_under_a_second_the_turn_waits_itself():
    bench = Bench(flaky_flow(retry={"maxAttempts": 2, "delay": 0.2}), {"t.flaky": Flaky(1)})

    assert bench.turn() == "done"
    assert bench.now.status is Status.SUCCESS


def test_a_retry_after_wins_when_it_is_longer():
    flaky = Flaky(1, status_code=429, retry_after_seconds=100)
    bench = Bench(flaky_flow(retry=LONG), {"t.flaky": flaky})
    bench.turn()

    assert bench.answer.delay_seconds == 100


@pytest.mark.parametrize(
    ("error", "on", "calls"),
    [
        ({"status_code": 404}, [], 1),
        ({"status_code": 404}, [404], 2),
        ({"status_code": 429}, [], 2),
        ({"status_code": 408}, [], 2),
        ({"status_code": 503}, [], 2),
        ({"code": "template_error"}, [], 1),
        ({"code": "template_error"}, ["template_error"], 2),
        ({"code": "egress_refused"}, [], 1),
    ],
)
def test_some_failures_are_not_retried_unless_they_are_named(error: Any, on: Any, calls: int):
    flaky = Flaky(1, **error)
    bench = Bench(flaky_flow(retry={"maxAttempts": 2, "delay": 5, "on": on}), {"t.flaky": flaky})
    bench.run()

    assert flaky.calls == calls


def test_a_template_sees_its_attempt():
    seen: list[Any] = []

    def note(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        seen.append(properties["n"])
        raise PluginError("no")

    plan = plan_of(
        task("a", type="t.note", properties={"n": "{{ task.attempt }}"}, retry={"maxAttempts": 3})
    )
    Bench(plan, {"t.note": note}).run()

    assert seen == [1, 2, 3]


def test_a_slow_retry_holds_up_no_neighbour():
    plan = plan_of(
        task("a", type="t.flaky", retry=LONG, dependsOn=[]),
        task("b", dependsOn=[], properties={"values": {}}),
        task("c", dependsOn=["b"], properties={"values": {}}),
    )
    bench = Bench(plan, {"t.flaky": Flaky(1)})
    bench.turn()

    assert bench.statuses() == {"a": "RETRYING", "b": "SUCCESS", "c": "SUCCESS"}


@pytest.mark.timing
def test_a_timed_out_attempt_is_retried():
    plan = plan_of(task("a", type="t.slow", timeout=0.05, retry={"maxAttempts": 2}))
    bench = Bench(plan, {"t.slow": Lingering("a")})
    bench.run()

    assert bench.runs["a"].attempt == 2
    assert bench.statuses() == {"a": "TIMED_OUT"}


def test_a_wait_waits_outside_the_function():
    plan = plan_of(task("w", type="flow.wait", properties={"duration": "1h"}))
    bench = Bench(plan)

    assert bench.turn() == "wait"
    assert 0 < bench.answer.delay_seconds <= 3600
    assert bench.statuses() == {"w": "RUNNING"}
    waiting = bench.runs["w"]
    assert waiting.due_at
    assert waiting.started_at
    assert waiting.due_at - waiting.started_at == timedelta(hours=1)

    assert bench.run().status is Status.SUCCESS
    assert json.loads(bench.runs["w"].outputs or "")["waitedMs"] >= 3_600_000


def test_waits_side_by_side_pass_together():
    tasks = [
        task(f"w{n}", type="flow.wait", dependsOn=[], properties={"duration": 2}) for n in range(12)
    ]
    bench = Bench(plan_of(*tasks))

    assert bench.turn() == "wait"
    bench.ahead += timedelta(seconds=2)
    assert bench.turn() == "done"

    assert bench.now.status is Status.SUCCESS


def test_a_wait_until_a_moment_past_is_over_at_once():
    plan = plan_of(task("w", type="flow.wait", properties={"until": "2020-01-01T00:00:00Z"}))
    bench = Bench(plan)

    assert bench.turn() == "done"
    assert bench.statuses() == {"w": "SUCCESS"}


def test_a_wait_longer_than_its_time_out_is_cut():
    plan = plan_of(task("w", type="flow.wait", timeout=10, properties={"duration": "1h"}))
    bench = Bench(plan)
    bench.run()

    assert bench.statuses() == {"w": "TIMED_OUT"}


@pytest.mark.parametrize(
    "properties", [{"duration": "36500d"}, {"until": "9999-12-31T23:59:59+01:00"}]
)
def test_a_wait_of_many_years_is_one_of_many_wait_states(properties: Any):
    bench = Bench(plan_of(task("w", type="flow.wait", properties=properties)))

    assert bench.turn() == "wait"
    assert bench.pause == MAX_WAIT
    bench.ahead += bench.pause
    assert bench.turn() == "wait"


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"duration": "{{ 'soon' }}"},
        {"until": "{{ 'later' }}"},
        {"until": "9999-12-31T23:59:59-01:00"},
    ],
)
def test_a_wait_for_nothing_that_makes_sense_fails(properties: Any):
    bench = Bench(plan_of(task("w", type="flow.wait", properties=properties)))
    bench.turn()

    assert bench.statuses() == {"w": "FAILED"}


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
        "message": "the flow's timeout has passed",
        "status": "TIMED_OUT",
    }


def test_finally_reads_what_errors_did_not_run_as_empty():
    plan = plan_of(
        task("a", properties={"values": {}}),
        errors=[task("box", type="flow.parallel", tasks=[task("note")])],
        **{
            "finally": [
                task("bye", properties={"values": {"v": "{{ [outputs.box, outputs.note] }}"}})
            ]
        },
    )
    bench = Bench(plan)

    assert bench.run().status is Status.SUCCESS
    assert json.loads(bench.runs["bye"].outputs or "") == {"v": [{}, {}]}


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
        ("{{ inputs.t }}", "template error in timeout: 'inputs.t' is undefined"),
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


def test_a_condition_may_leave_a_wait_out():
    bench = Bench(plan_of(task("w", type="flow.wait", when="false", properties={"duration": "1h"})))

    assert bench.turn() == "done"
    assert bench.statuses() == {"w": "SKIPPED"}


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


def test_a_flow_is_tried_again_as_a_whole_under_its_own_id():
    flaky = Flaky(1)
    plan = plan_of(
        task("first", properties={"values": {"n": "{{ execution.attempt }}"}}),
        task("a", type="t.flaky"),
        retry={"maxAttempts": 2, "delay": 10},
        errors=[task("note", properties={"values": {}})],
        outputs={"n": "{{ outputs.first.n }}"},
    )
    bench = Bench(plan, {"t.flaky": flaky})

    assert bench.turn() == "wait"
    assert bench.answer.delay_seconds == 10
    assert bench.now.attempt == 2
    assert bench.turn() == "wait"
    assert bench.run().status is Status.SUCCESS

    assert bench.now.outputs == {"n": 2}
    assert "note" not in bench.runs


def test_errors_run_after_the_last_attempt_of_a_flow():
    plan = plan_of(
        task("a", type="t.fail"),
        retry={"maxAttempts": 2},
        errors=[task("note", properties={"values": {}})],
    )
    bench = Bench(plan, {"t.fail": failing()})

    assert bench.run().status is Status.FAILED
    assert bench.now.attempt == 2
    assert bench.statuses() == {"a": "FAILED", "note": "SUCCESS"}


@pytest.mark.parametrize(
    ("outputs", "noted"),
    [
        ({"v": "{{ outputs.a.nope }}"}, "SUCCESS"),
        ({"v": "{{ outputs.bye.nope }}"}, "SKIPPED"),
        ({"v": "{{ outputs.a.x }}"}, "SKIPPED"),
    ],
)
def test_errors_hear_of_outputs_that_cannot_be_rendered(outputs: Any, noted: str):
    plan = plan_of(
        task("a", properties={"values": {"x": 1}}),
        errors=[task("note", properties={"values": {"why": "{{ error.message }}"}})],
        outputs=outputs,
        **{"finally": [task("bye", properties={"values": {}})]},
    )
    bench = Bench(plan)

    ended = bench.run()

    assert bench.runs["note"].status == noted if "note" in bench.runs else noted == "SKIPPED"
    assert bench.statuses()["bye"] == "SUCCESS"
    is_wrong = "nope" in outputs["v"]
    assert ended.status is (Status.FAILED if is_wrong else Status.SUCCESS)
    assert (ended.outputs is None) == is_wrong
    if noted == "SUCCESS":
        assert "outputs.v" in str(bench.runs["note"].outputs)
