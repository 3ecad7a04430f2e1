"""Outputs in objects: lazily read, kept for the turn, within bounds."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from shared.errors import UnavailableError
from shared.executions import task_runs
from shared.executions.models import Status
from shared.executions.store import payloads
from shared.executions.store.payloads import OutputReader
from shared.executions.task_runs import TaskRun, TaskStatus
from shared.plugins.sdk.plugin import PluginError, TaskContext
from tests.support.executions.bench import Bench, failing
from tests.support.executions.payloads import InMemoryPayloads
from tests.support.plans import plan_of, task

SLOW_DOWN = ClientError({"Error": {"Code": "SlowDown"}}, "GetObject")
SET = {"values": {"x": 1}}


def large(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
    return {"text": "x" * 400_000, "name": properties.get("name")}


def test_an_object_is_read_only_where_a_template_reads_it():
    plan = plan_of(task("a", type="t.large"), task("b", properties={"values": {"x": 1}}))
    bench = Bench(plan, {"t.large": large})
    bench.turn()

    assert bench.now.status is Status.SUCCESS
    assert bench.runs["a"].outputs is None
    assert bench.payloads.reads == 0


def reading(**fields: Any) -> Any:
    return task("b", properties={"values": {"n": "{{ len(outputs.a.text) }}"}}, **fields)


@pytest.mark.parametrize("error", [SLOW_DOWN, EndpointConnectionError(endpoint_url="s3")])
def test_an_object_that_cannot_be_read_now_fails_the_turn_and_no_task(error: Exception):
    beside = task("c", properties={"values": {"x": 1}}, dependsOn=["a"])
    bench = Bench(plan_of(task("a", type="t.large"), reading(), beside), {"t.large": large})
    bench.payloads.errors = [error]

    with pytest.raises(UnavailableError):
        bench.turn()
    assert {name: run.status.value for name, run in bench.runs.items()} == {
        "a": "SUCCESS",
        "c": "SUCCESS",
    }
    bench.turn()

    assert bench.now.status is Status.SUCCESS
    assert (bench.runs["b"].outputs, bench.runs["b"].attempt) == ('{"n":400000}', 1)


def test_a_condition_that_cannot_be_read_now_fails_the_turn_too():
    plan = plan_of(task("a", type="t.large"), task("b", when="outputs.a.text", properties=SET))
    bench = Bench(plan, {"t.large": large})
    bench.payloads.errors = [SLOW_DOWN]

    with pytest.raises(UnavailableError):
        bench.turn()
    bench.turn()

    assert bench.now.status is Status.SUCCESS


def test_an_object_that_is_gone_fails_who_reads_it():
    bench = Bench(plan_of(task("a", type="t.large"), reading()), {"t.large": large})
    bench.payloads.errors = [ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")]

    bench.turn()

    assert bench.runs["b"].error
    assert bench.runs["b"].error.code == "template_error"


def test_a_loop_gathers_what_its_iterations_stored_apart():
    loop = task(
        "loop",
        type="flow.foreach",
        properties={"items": [1, 2, 3]},
        tasks=[task("each", type="t.large", properties={"name": "{{ item }}"})],
    )
    bench = Bench(
        plan_of(loop, outputs={"last": "{{ outputs.loop.results[2].each.name }}"}),
        {"t.large": large},
    )
    bench.turn()

    assert bench.now.status is Status.SUCCESS, bench.now.error
    assert bench.now.outputs == {"last": 3}
    assert bench.runs["loop"].stored is not None
    assert len(bench.payloads.texts) == 4


def test_equal_outputs_of_one_execution_are_one_object():
    plan = plan_of(task("a", type="t.large"), task("b", type="t.large"))
    bench = Bench(plan, {"t.large": large})
    bench.turn()

    assert len(bench.payloads.texts) == 1


def test_the_outputs_of_one_execution_are_bounded_together(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("shared.executions.engine.recorder.MAX_EXECUTION_BYTES", 900_000)
    plan = plan_of(*(task(name, type="t.large", dependsOn=[]) for name in "abc"))
    bench = Bench(plan, {"t.large": large})
    bench.turn()

    assert sorted(bench.statuses().values()) == ["FAILED", "SUCCESS", "SUCCESS"]
    [failed] = [run for run in bench.runs.values() if run.error]
    assert failed.error is not None
    assert (failed.error.code, failed.outputs) == ("output_too_large", None)
    assert [line.level for line in failed.logs] == ["ERROR"]


def test_the_log_lines_of_one_execution_are_bounded_together(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("shared.executions.engine.recorder.MAX_EXECUTION_LOG_BYTES", 1_000)

    def talk(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
        for _ in range(3):
            context.log("INFO", "x" * 100)
        if properties["n"] == 3:
            raise PluginError("no more")
        return {}

    tasks = [task(f"t{n}", type="t.talk", properties={"n": n}) for n in range(4)]
    bench = Bench(plan_of(*tasks), {"t.talk": talk})
    bench.turn()

    full = "the log of the execution is full; lines cut here: 3"
    lines = {name: [line.message for line in run.logs] for name, run in bench.runs.items()}
    assert lines["t1"] == ["x" * 100] * 3
    assert lines["t2"] == [full]
    assert lines["t3"] == ["no more", full]


def test_a_very_long_message_is_cut():
    error = PluginError("long " * 10_000, code="x")
    bench = Bench(plan_of(task("a", type="t.fail")), {"t.fail": failing(error)})
    bench.turn()

    stored = bench.runs["a"].error
    assert stored is not None
    assert len(stored.message) < task_runs.MAX_CHARACTERS + 50
    assert stored.message.endswith("(50000 characters, cut)")


def test_the_line_of_a_very_long_failure_is_cut_like_its_message():
    error = PluginError("🌊" * 570_000, code="x")
    reading_too_much = task(
        "b", type="flow.wait", properties={"duration": "x" * 570_000}, dependsOn=[]
    )
    plan = plan_of(task("a", type="t.fail"), reading_too_much)
    bench = Bench(plan, {"t.fail": failing(error)})
    bench.turn()

    for name in ("a", "b"):
        stored, [line] = bench.runs[name].error, bench.runs[name].logs
        assert stored is not None
        assert line.message == stored.message
        assert len(line.message) < task_runs.MAX_CHARACTERS + 50


def test_a_secret_is_masked_before_a_line_is_cut():
    secret = "0123456789" * 2_000
    plan = plan_of(task("a", type="t.fail"), inputs=[{"name": "s", "type": "SECRET"}])
    error = PluginError("x" * 4_000 + secret, code="x")
    bench = Bench(plan, {"t.fail": failing(error)}, inputs={"s": "******"}, secrets={"s": secret})
    bench.turn()

    [line] = bench.runs["a"].logs
    assert line.message == "x" * 4_000 + "******"


def test_the_failure_of_a_flow_itself_is_cut(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("shared.executions.task_runs.MAX_CHARACTERS", 10)
    bench = Bench(
        plan_of(task("a", properties=SET), outputs={"x": "{{ outputs.a.missing.deeper }}"})
    )
    bench.turn()

    assert bench.now.error is not None
    assert bench.now.error.message.endswith("characters, cut)")
    assert len(bench.now.error.message) < 60


def test_a_line_is_cut_once():
    text = task_runs.shortened("x" * 50_000)

    assert text.endswith("x… (50000 characters, cut)")
    assert task_runs.shortened(text) == text


def test_only_so_much_is_kept_parsed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(payloads, "CACHED_BYTES", 50)
    objects = InMemoryPayloads()
    read = OutputReader(objects)
    runs = [
        TaskRun(
            task_name=name,
            task_type="t",
            status=TaskStatus.SUCCESS,
            stored=objects.put(name, json.dumps({name: "x" * 20})),
        )
        for name in "ab"
    ]

    assert [read(run) for run in (runs[0], runs[0])] == [{"a": "x" * 20}] * 2
    assert objects.reads == 1
    assert [read(run) for run in (runs[1], runs[0])] == [{"b": "x" * 20}, {"a": "x" * 20}]
    assert objects.reads == 3
