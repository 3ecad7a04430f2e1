"""Containers that are tried again as a whole: each attempt begins anew."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from shared.executions.models import Status
from shared.plugins.sdk.plugin import PluginError, TaskContext
from tests.support.container_attempts import RETRY, box, flaky, latest, listed, outputs, setting
from tests.support.executions.bench import Bench, failing
from tests.support.plans import plan_of, task


def test_a_container_that_failed_waits_and_runs_all_of_it_again():
    plan = plan_of(
        box(setting("one", attempt="{{ task.attempt }}"), task("two", type="t.flaky")),
        setting("after", call="{{ outputs.two.call }}"),
    )
    bench = Bench(plan, {"t.flaky": flaky()})

    assert bench.turn() == "wait"
    assert bench.pause == timedelta(hours=1)
    retrying = bench.runs["box"]
    assert (retrying.status.value, retrying.attempt) == ("RETRYING", 1)
    assert retrying.error
    assert retrying.error.task_name == "two"
    assert retrying.due_at

    bench.ahead += bench.pause
    assert bench.turn() == "done"

    assert bench.now.status is Status.SUCCESS
    runs = latest(bench, plan)
    assert {key: run.status.value for key, run in runs.items()} == dict.fromkeys(
        ("box", "one", "two", "after"), "SUCCESS"
    )
    assert runs["box"].attempt == 2
    assert runs["box"].due_at is None
    assert runs["box"].started_at == retrying.started_at
    assert runs["two"].attempt == 1
    assert outputs(runs["one"]) == {"attempt": 1}
    assert outputs(runs["after"]) == {"call": 2}
    assert bench.runs["two"].status.value == "FAILED"


def test_attempts_of_a_container_run_out():
    bench = Bench(plan := plan_of(box(task("t", type="t.fail"))), {"t.fail": failing()})

    bench.run()

    assert bench.now.status is Status.FAILED
    assert latest(bench, plan)["box"].attempt == 3
    assert len([key for key in bench.runs if key.startswith("t")]) == 3


def test_an_if_decides_anew_in_each_attempt():
    plan = plan_of(
        task(
            "choose",
            type="flow.if",
            retry=RETRY,
            properties={"condition": "task.attempt > 1"},
            then=[setting("yes")],
            **{"else": [task("no", type="t.fail")]},
        )
    )
    bench = Bench(plan, {"t.fail": failing()})

    bench.run()

    assert bench.now.status is Status.SUCCESS
    assert listed(bench, plan) == [
        ("choose", None, "SUCCESS"),
        ("yes", None, "SUCCESS"),
        ("no", None, "SKIPPED"),
    ]
    assert outputs(latest(bench, plan)["choose"]) == {"result": True, "branch": "then"}


def test_a_switch_decides_anew_in_each_attempt():
    plan = plan_of(
        task(
            "choose",
            type="flow.switch",
            retry=RETRY,
            properties={"value": "{{ task.attempt }}"},
            cases={"1": [task("first", type="t.fail")], "2": [setting("second", n=2)]},
        ),
        setting("after", n="{{ outputs.second.n }}", none="{{ outputs.first }}"),
    )
    bench = Bench(plan, {"t.fail": failing()})

    bench.run()

    assert outputs(latest(bench, plan)["choose"]) == {"value": 2, "branch": "2"}
    assert outputs(latest(bench, plan)["after"]) == {"n": 2, "none": {}}


def test_a_loop_runs_all_iterations_again_and_may_have_other_items():
    plan = plan_of(
        task(
            "each",
            type="flow.foreach",
            retry=RETRY,
            properties={"items": "{{ range(task.attempt + 1) }}", "failFast": False},
            tasks=[setting("a", n="{{ item }}"), task("b", type="t.flaky")],
        )
    )
    bench = Bench(plan, {"t.flaky": flaky(3)})

    bench.run()

    results = outputs(latest(bench, plan)["each"])["results"]
    assert [(each["a"]["n"], each["b"]["call"]) for each in results] == [(0, 3), (1, 4), (2, 5)]
    assert [key for key in bench.runs if key.startswith("a")] == [
        *("a#0", "a#1"),
        *("a@2#0", "a@2#1", "a@2#2"),
    ]


def test_retries_inside_a_retry_begin_anew_in_each_attempt():
    inner = box(task("t", type="t.fail"), name="inner", retry={"maxAttempts": 2, "delay": 60})
    plan = plan_of(box(inner, retry={"maxAttempts": 2, "delay": 3600}))
    bench = Bench(plan, {"t.fail": failing()})

    bench.run()

    assert list(bench.runs) == ["t", "inner", "t@1.2", "box", "t@2.1", "inner@2", "t@2.2"]
    runs = latest(bench, plan)
    assert (runs["box"].attempt, runs["inner"].attempt, runs["t"].rounds) == (2, 2, "2.2")
    assert bench.now.status is Status.FAILED


def test_a_container_in_a_loop_is_tried_again_without_the_other_iterations():
    before: list[Any] = []

    def note(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        before.append(properties["item"])
        return {}

    def run_one(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        if properties["item"] == 1 and before.count("again") == 0:
            before.append("again")
            raise PluginError("not yet", code="broken")
        return {}

    item = {"item": "{{ item }}"}
    inner = box(task("t", type="t.run", properties=item), name="inner")
    each = task(
        "each",
        type="flow.foreach",
        properties={"items": [0, 1, 2], "concurrency": 0},
        tasks=[task("before", type="t.note", properties=item), inner],
    )
    bench = Bench(plan_of(each), {"t.run": run_one, "t.note": note})
    bench.turn()
    assert bench.runs["inner#1"].status.value == "RETRYING"
    assert bench.runs["inner#0"].status.value == "SUCCESS"

    bench.run()

    assert sorted(map(str, before)) == ["0", "1", "2", "again"]
    assert [key for key in bench.runs if "@" in key] == ["t@2#1"]
    assert bench.now.status is Status.SUCCESS


def test_an_outer_retry_runs_a_loop_in_it_and_the_containers_in_that_once_more():
    inner = box(task("t", type="t.flaky"), name="inner", retry={"maxAttempts": 2, "delay": 60})
    each = task("each", type="flow.foreach", properties={"items": [0, 1]}, tasks=[inner])
    plan = plan_of(box(each, retry={"maxAttempts": 2, "delay": 3600}))
    bench = Bench(plan, {"t.flaky": flaky(4)})

    bench.run()

    # Item 0 fails twice, which fails the loop; in the second round it succeeds at its second try.
    assert list(bench.runs) == [
        *("t#0", "inner#0", "t@1.2#0", "each", "box"),
        *("t@2.1#0", "inner@2#0", "t@2.2#0", "t@2.1#1", "inner@2#1", "each@2"),
    ]
    assert bench.now.status is Status.SUCCESS
    assert listed(bench, plan) == [
        ("box", None, "SUCCESS"),
        ("each", None, "SUCCESS"),
        ("inner", "0", "SUCCESS"),
        ("t", "0", "SUCCESS"),
        ("inner", "1", "SUCCESS"),
        ("t", "1", "SUCCESS"),
    ]


def test_tasks_inside_have_all_their_attempts_and_one_idempotency_key():
    keys: list[str] = []

    def run(_properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
        keys.append(context.idempotency_key)
        raise PluginError("no", code="broken")

    inner = task("t", type="t.run", retry={"maxAttempts": 2, "delay": 0})
    bench = Bench(plan_of(box(inner, retry={"maxAttempts": 2, "delay": 0})), {"t.run": run})

    bench.run()

    assert len(keys) == 4
    assert len(set(keys)) == 1


def test_a_time_out_of_a_container_is_one_of_each_attempt():
    waits = iter(["2h", "1m"])

    def choose(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        return {"wait": next(waits)}

    inner = task("t", type="flow.wait", properties={"duration": "{{ outputs.choose.wait }}"})
    plan = plan_of(
        task(
            "box",
            type="flow.if",
            properties={"condition": True},
            then=[task("choose", type="t.choose"), inner],
            timeout="1h",
            retry={"maxAttempts": 2, "delay": 18000},
        )
    )
    bench = Bench(plan, {"t.choose": choose})
    bench.turn()
    bench.ahead += bench.pause
    bench.turn()

    assert bench.runs["t"].status.value == "CANCELLED"
    assert bench.runs["box"].status.value == "RETRYING"
    assert bench.runs["box"].error
    assert bench.runs["box"].error.code == "timeout"
    assert bench.runs["box"].logs[0].message == "box timed out"

    bench.ahead += bench.pause
    bench.turn()
    bench.ahead += bench.pause
    assert bench.turn() == "done"
    assert bench.now.status is Status.SUCCESS


def test_what_cannot_be_read_is_not_tried_again_unless_it_is_named():
    def loop(**retry: Any) -> Any:
        return task(
            "each",
            type="flow.foreach",
            retry={"maxAttempts": 2, "delay": 0, **retry},
            properties={"items": "{{ 5 if task.attempt == 1 else [] }}"},
            tasks=[setting("t")],
        )

    once, again = Bench(plan_of(loop())), Bench(plan_of(loop(on=["invalid_properties"])))
    once.run()
    again.run()

    assert (once.now.status, again.now.status) == (Status.FAILED, Status.SUCCESS)
    assert again.runs["each"].attempt == 2


def test_a_condition_that_no_longer_holds_skips_the_container():
    plan = plan_of(box(task("t", type="t.fail"), when="task.attempt == 1"), setting("after"))
    bench = Bench(plan, {"t.fail": failing()})

    bench.run()

    assert listed(bench, plan) == [
        ("box", None, "SKIPPED"),
        ("t", None, "SKIPPED"),
        ("after", None, "SUCCESS"),
    ]


def test_a_skipped_attempt_leaves_nothing_of_the_one_before():
    plan = plan_of(
        box(
            setting("ok", v=1),
            task("bad", type="t.fail", dependsOn=["ok"]),
            when="task.attempt == 1",
            retry={"maxAttempts": 2, "delay": 0.1},
        ),
        setting("after", v="{{ outputs.ok }}"),
    )
    bench = Bench(plan, {"t.fail": failing()})

    bench.run()

    assert json.loads(bench.runs["after"].outputs or "") == {"v": {}}
    assert bench.now.tasks_executed == 1
