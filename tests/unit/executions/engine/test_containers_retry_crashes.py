"""Attempts of containers are kept apart, whatever dies or comes late between them."""

from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from typing import Any

import pytest

from shared.executions.models import Status
from shared.executions.task_runs import row_key
from shared.flows.plans.plan import Plan
from shared.plugins.sdk.plugin import PluginError, Run, TaskContext
from tests.support.container_attempts import RETRY, box, die_at, flaky, latest, outputs, setting
from tests.support.executions.bench import Abandoned, Bench, failing, sleeping
from tests.support.plans import plan_of, task


def test_chance_and_time_differ_between_attempts_and_repeat_after_a_crash():
    drawn: list[Any] = []

    def run(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        drawn.append(properties)
        raise PluginError("no", code="broken")

    values = {"id": "{{ uuid() }}", "n": "{{ randomInt(0, 1000000000) }}", "now": "{{ now() }}"}
    inner = task("t", type="t.run", properties=values)
    plan = plan_of(box(inner, retry={"maxAttempts": 2, "delay": 3600}))
    bench = Bench(plan, {"t.run": run})
    bench.turn()
    bench.ahead += bench.pause
    bench.store.on_write = die_at({1}, "before")
    with pytest.raises(Abandoned):
        bench.turn()
    bench.store.on_write = lambda _moment: None
    bench.run()

    first, second, third = drawn
    assert second == third
    assert all(first[name] != second[name] for name in values)


def _see(rounds: dict[str, int]) -> Run:
    """A plugin that numbers the keys it is given."""

    def run(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        return {"n": rounds.setdefault(properties["key"], len(rounds) + 1)}

    return run


def _compare(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
    """Fails for good unless all is of one round; fails for now in the first two."""
    if properties["results"] != [{"inner": {"n": properties["round"]}}]:
        raise PluginError("two rounds are mixed", code="invalid_value")
    if properties["round"] < 3:
        raise PluginError("not yet", code="broken")
    return dict(properties)


def _three_rounds() -> Plan:
    """A flow whose innermost tasks run three times, each time with another `uuid()`."""
    tasks = [
        task("seen", type="t.see", properties={"key": "{{ uuid() }}"}),
        setting("first", round="{{ outputs.seen.n }}"),
        task(
            "each",
            type="flow.foreach",
            properties={"items": ["{{ outputs.first.round }}"]},
            tasks=[setting("inner", n="{{ item }}")],
        ),
        task(
            "last",
            type="t.compare",
            properties={
                "round": "{{ outputs.first.round }}",
                "results": "{{ outputs.each.results }}",
            },
        ),
    ]
    choose = task("choose", type="flow.if", properties={"condition": True}, then=tasks, retry=RETRY)
    return plan_of(box(choose), setting("after", n="{{ outputs.last.round }}"))


def _run_dying(bench: Bench) -> None:
    for _ in range(20):
        with suppress(Abandoned):
            if bench.turn(generation=bench.now.generation) == "done":
                return
            bench.ahead += bench.pause


@pytest.mark.parametrize("fatal", ["before", "after"])
@pytest.mark.parametrize("number", range(24))
def test_a_crash_at_any_write_never_mixes_two_attempts(number: int, fatal: str):
    rounds: dict[str, int] = {}
    bench = Bench(plan := _three_rounds(), {"t.see": _see(rounds), "t.compare": _compare})
    bench.store.on_write = die_at({number}, fatal)

    _run_dying(bench)

    assert bench.now.status is Status.SUCCESS
    runs = latest(bench, plan)
    assert runs["choose"].attempt == 3
    assert outputs(runs["after"]) == {"n": 3}
    assert len(rounds) == 3
    settled = [row_key(run) for run in bench.store.written if run.status.is_terminal]
    assert len(settled) == len(set(settled))


@pytest.mark.timing
def test_a_thread_of_an_attempt_that_is_over_says_nothing_about_the_next():
    runs = iter([0.6, 0.0])
    calls = count(1)

    def run(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
        number = next(calls)
        sleeping(next(runs))(properties, context)
        return {"call": number}

    pause = task("pause", type="flow.wait", properties={"duration": "700ms"}, dependsOn=["t"])
    plan = plan_of(
        box(
            task("t", type="t.run", dependsOn=[]),
            pause,
            timeout="300ms",
            retry={"maxAttempts": 2, "delay": 0},
            allowFailure=True,
        )
    )
    bench = Bench(plan, {"t.run": run})
    bench.turn()

    assert outputs(bench.runs["t@2"]) == {"call": 2}


def test_an_older_turn_that_settled_the_container_meanwhile_is_believed():
    plan = plan_of(box(task("t", type="t.flaky")), setting("after", n="{{ outputs.t.call }}"))
    other = Bench(plan, {"t.flaky": flaky()})
    other.turn()
    other.ahead += other.pause
    before = dict(other.runs)
    other.turn()
    bench = Bench(plan, {"t.flaky": failing()})
    bench.store.runs["default", bench.execution.id] = rows = dict(before)
    bench.ahead = other.ahead
    bench.store.turns["default", bench.execution.id, "main"] = (1, 5)

    def overtake(moment: str) -> None:
        if moment == "before" and rows["box"].status.value == "RETRYING":
            rows.update({key: run for key, run in other.runs.items() if key != "after"})

    bench.store.on_write = overtake
    found = bench.store.load

    def load(tenant: str, execution_id: str, **how: Any) -> Any:
        state = found(tenant, execution_id, **how)
        overtake("before")
        return state

    bench.store.load = load  # type: ignore[method-assign]
    assert bench.turn() == "continue"
    assert bench.turn() == "done"

    assert outputs(bench.runs["after"]) == {"n": 2}


@pytest.mark.parametrize("delay", [0, 3600])
def test_a_turn_that_is_past_adds_nothing_to_a_later_attempt(delay: int):
    calls = count(1)
    benches: list[Bench] = []

    def run(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        number = next(calls)
        if number == 1:
            # While this call hangs, others take over, fail, try again and end the execution.
            benches[0].run()
        if number == 2:
            raise PluginError("not yet", code="broken")
        return {"call": number}

    retry = {"maxAttempts": 2, "delay": delay}
    plan = plan_of(
        box(task("t", type="t.run"), retry=retry), setting("after", call="{{ outputs.t.call }}")
    )
    bench = Bench(plan, {"t.run": run})
    benches.append(bench)

    assert bench.turn() == "done"

    assert bench.now.status is Status.SUCCESS
    assert outputs(latest(bench, plan)["after"]) == {"call": 3}
    assert bench.runs["t"].status.value == "FAILED"
    assert bench.runs["t"].fence == bench.runs["box"].fence - (delay > 0)
