"""What the recorder counts towards the bounds of an execution: each row once, as it stands."""

from collections.abc import Mapping
from typing import Any

import pytest

from shared.executions.engine import recorder
from shared.executions.logs import log_size
from shared.executions.models import Status
from shared.plugins.sdk.plugin import PluginError, TaskContext
from tests.support.container_attempts import flaky
from tests.support.executions.bench import Bench
from tests.support.plans import plan_of, task

FULL = "the log of the execution is full"


def say(_properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    context.log("INFO", "here")
    return {}


def looping(*tasks: Any, rounds: int = 30, name: str = "poll", **fields: Any) -> Any:
    properties = {"until": f"index == {rounds - 1}", **fields.pop("properties", {})}
    return task(name, type="flow.loop", properties=properties, tasks=tasks, **fields)


def cut_lines(bench: Bench) -> list[str]:
    lines = (line.message for run in bench.runs.values() for line in run.logs)
    return [line for line in lines if FULL in line]


def test_lines_of_earlier_attempts_count_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recorder, "MAX_EXECUTION_LOG_BYTES", 10_000)
    retried = task("t", type="t.flaky", retry={"maxAttempts": 30, "delay": 0})
    bench = Bench(plan_of(retried, task("say", type="t.say")), {"t.flaky": flaky(30), "t.say": say})
    bench.run()

    assert bench.now.status is Status.SUCCESS
    assert cut_lines(bench) == []


def test_lines_of_a_loop_count_once_however_many_rounds_it_has(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recorder, "MAX_EXECUTION_LOG_BYTES", 5_000)
    poll = looping(
        task("see", type="t.flaky"), task("say", type="t.say"), retry={"maxAttempts": 2, "delay": 0}
    )
    bench = Bench(plan_of(poll), {"t.flaky": flaky(), "t.say": say})
    bench.run()

    assert bench.now.status is Status.SUCCESS
    assert cut_lines(bench) == []


@pytest.mark.parametrize("delay", [0, 3600])
def test_rounds_hand_on_the_same_bytes_in_one_turn_or_in_many(delay: int):
    def see(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
        context.log("INFO", "x")
        if properties["attempt"] == 1:
            raise PluginError("no", code="broken")
        return properties

    retry = {"maxAttempts": 2, "delay": delay}
    tried = task("see", type="t.see", retry=retry, properties={"attempt": "{{ task.attempt }}"})
    pace = {"interval": delay}
    inner = looping(tried, rounds=2, name="inner", retry=retry, properties=pace)
    outer = looping(inner, task("end", type="t.end"), rounds=2, name="outer", properties=pace)
    bench = Bench(plan_of(outer), {"t.see": see, "t.end": flaky(1)}, ticks=False)
    bench.run()

    assert bench.now.status is Status.SUCCESS
    lines = [line for key, run in bench.runs.items() if key != "outer" for line in run.logs]
    assert len(lines) == 2 * 2 * 4
    passed = bench.runs["outer"].passed
    assert passed
    assert (passed.count, passed.log_bytes) == (1, log_size(lines))
