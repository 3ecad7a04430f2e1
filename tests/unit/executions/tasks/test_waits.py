"""Retries and waits of tasks: outside the function when they are long (flow language, 3 and 6)."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from shared.executions.engine.runner import MAX_WAIT
from shared.executions.models import Status
from shared.plugins.sdk.plugin import PluginError, TaskContext
from tests.support.executions.bench import Bench, Flaky
from tests.support.plans import plan_of, task
from tests.support.slow_plugins import Lingering

LONG = {"maxAttempts": 3, "delay": 30}


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


def test_a_condition_may_leave_a_wait_out():
    bench = Bench(plan_of(task("w", type="flow.wait", when="false", properties={"duration": "1h"})))

    assert bench.turn() == "done"
    assert bench.statuses() == {"w": "SKIPPED"}
