"""Attempts of a task: what a plugin gives, raises or leaves behind, and what it is given."""

from collections.abc import Mapping
from typing import Any

import pytest

from shared.plugins.sdk.plugin import TaskContext
from tests.support.executions.bench import Bench, error_of, failing
from tests.support.plans import plan_of, task


def test_a_failed_plugin_keeps_its_code_its_status_and_its_outputs():
    bench = Bench(plan_of(task("a", type="t.fail")), {"t.fail": failing()})
    bench.turn()

    run = bench.runs["a"]
    assert run.error is not None
    assert (run.error.code, run.error.status_code) == ("broken", 503)
    assert run.outputs == '{"kept":1}'
    assert [(line.level, line.message) for line in run.logs] == [("ERROR", "it broke")]
    error = bench.now.error
    assert error is not None
    assert (error.task_name, error.code, error.status) == ("a", "broken", "FAILED")


def test_a_bug_in_a_plugin_fails_its_task_and_tells_nothing_of_what_it_was_given():
    bench = Bench(plan_of(task("a", type="t.bug")), {"t.bug": failing(KeyError("s3cret"))})
    bench.turn()

    assert error_of(bench, "a") == ("plugin_error", "t.bug failed unexpectedly (KeyError)")


def test_outputs_that_are_no_json_fail_the_task():
    bench = Bench(plan_of(task("a", type="t.set")), {"t.set": lambda *_: {"x": float("nan")}})
    bench.turn()

    assert error_of(bench, "a") == ("invalid_output", "the outputs are no JSON")


@pytest.mark.parametrize(("size", "status"), [(19_999_900, "SUCCESS"), (20_000_001, "FAILED")])
def test_an_output_over_20_mb_fails_its_task(size: int, status: str):
    bench = Bench(plan_of(task("a", type="t.big")), {"t.big": lambda *_: {"x": "y" * size}})
    bench.turn()

    assert bench.statuses() == {"a": status}
    if status == "FAILED":
        assert error_of(bench, "a")[0] == "output_too_large"


def test_a_template_error_fails_the_task_before_its_plugin_is_called():
    called: list[bool] = []

    def note(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        called.append(True)
        return {}

    bench = Bench(
        plan_of(task("a", type="t.note", properties={"p": ["{{ inputs.nope }}"]})),
        {"t.note": note},
    )
    bench.turn()

    code, message = error_of(bench, "a")
    assert code == "template_error"
    assert message.startswith("template error in properties.p[0]: 'inputs.nope'")
    assert called == []


def test_wrong_rendered_properties_fail_the_task_with_their_place():
    properties = {"operation": "{{ inputs.x }}", "value": "a"}
    plan = plan_of(task("a", type="util.string", properties=properties))
    bench = Bench(plan, inputs={"x": "shout"})
    bench.turn()

    code, message = error_of(bench, "a")
    assert code == "invalid_properties"
    assert "properties.operation" in message


def test_log_lines_below_the_tasks_level_are_dropped():
    def talk(_properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
        for level in ("DEBUG", "INFO", "WARN"):
            context.log(level, level.lower())
        return {}

    bench = Bench(plan_of(task("a", type="t.talk", logLevel="INFO")), {"t.talk": talk})
    bench.turn()

    assert [line.message for line in bench.runs["a"].logs] == ["info", "warn"]


def test_a_task_is_offered_one_idempotency_key_however_often_it_is_tried():
    keys: list[str] = []

    def note(_properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
        keys.append(context.idempotency_key)
        return {}

    plan = plan_of(task("a", type="t.note"), task("b", type="t.note"))
    for _ in range(2):
        Bench(plan, {"t.note": note}).turn()

    assert keys[:2] == keys[2:]
    assert keys[0] != keys[1]
