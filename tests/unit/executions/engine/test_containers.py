"""Branches, loops and parallel lists, run by one turn (flow language, section 10)."""

import itertools
import json
import threading
import time
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest

from shared.executions.models import Status
from shared.executions.scheduling.containers import MAX_ITEMS
from shared.plugins.sdk.plugin import TaskContext
from tests.support.executions.bench import Bench, failing, sleeping
from tests.support.plans import plan_of, task
from tests.support.slow_plugins import PATIENCE_SECONDS, Lingering

INVALID = {
    "type": "util.validate",
    "properties": {"data": {}, "schema": {"required": ["x"], "type": "object"}},
}


def setting(name: str, **values: Any) -> Any:
    return task(name, properties={"values": values})


def outputs(bench: Bench, key: str) -> Any:
    return json.loads(bench.runs[key].outputs or "null")


def choice(value: Any, **fields: Any) -> Any:
    return task(
        "choose",
        type="flow.switch",
        properties={"value": value},
        cases={"a": [setting("in-a")], "5": [setting("in-5")], "true": [setting("in-true")]},
        **fields,
    )


@pytest.mark.parametrize(
    ("condition", "branch", "ran"),
    [("{{ 1 < 2 }}", "then", "yes"), ("1 > 2", "else", "no"), (False, "else", "no")],
)
def test_an_if_runs_the_branch_that_holds(condition: Any, branch: str, ran: str):
    plan = plan_of(
        task(
            "big",
            type="flow.if",
            properties={"condition": condition},
            then=[setting("yes")],
            **{"else": [setting("no")]},
        )
    )
    bench = Bench(plan)
    bench.turn()

    assert bench.now.status is Status.SUCCESS
    assert outputs(bench, "big") == {"result": branch == "then", "branch": branch}
    assert set(bench.runs) == {"big", ran}


def test_an_if_without_else_takes_no_branch():
    plan = plan_of(
        task("big", type="flow.if", properties={"condition": "false"}, then=[setting("yes")]),
        setting("after", x="{{ outputs.yes.v | default('none') }}"),
    )
    bench = Bench(plan)
    bench.turn()

    assert outputs(bench, "big") == {"result": False, "branch": "none"}
    assert outputs(bench, "after") == {"x": "none"}


@pytest.mark.parametrize(
    ("value", "branch"),
    [("a", "a"), (5, "5"), (5.0, "5"), (True, "true"), ("zzz", "none"), (None, "none")],
)
def test_a_switch_compares_its_value_as_text(value: Any, branch: str):
    bench = Bench(plan_of(choice(value)))
    bench.turn()

    assert outputs(bench, "choose") == {"value": value, "branch": branch}


@pytest.mark.parametrize("value", [{"b": 2.0, "a": [1]}, {"a": [1.0], "b": 2}])
def test_a_switch_takes_equal_values_for_one_case(value: Any):
    cases = {'{"a":[1],"b":2}': [setting("in-map")]}
    plan = plan_of(task("choose", type="flow.switch", properties={"value": value}, cases=cases))
    bench = Bench(plan)
    bench.turn()

    assert bench.statuses() == {"choose": "SUCCESS", "in-map": "SUCCESS"}


@pytest.mark.parametrize("kind", ["flow.foreach", "flow.parallel"])
def test_a_limit_that_was_divided_is_a_whole_number(kind: str):
    properties = {"concurrency": "{{ 4 / 2 }}", "items": [1, 2]}
    if kind == "flow.parallel":
        del properties["items"]
    bench = Bench(plan_of(task("box", type=kind, properties=properties, tasks=[setting("one")])))
    bench.turn()

    assert bench.now.status is Status.SUCCESS


def test_a_switch_falls_back_on_its_default():
    bench = Bench(plan_of(choice("zzz", default=[setting("other")])))
    bench.turn()

    assert outputs(bench, "choose")["branch"] == "default"
    assert set(bench.runs) == {"choose", "other"}


def test_nested_outputs_are_read_by_name_after_the_container():
    plan = plan_of(
        task("box", type="flow.parallel", tasks=[setting("one", v=1), setting("two", v=2)]),
        setting("sum", v="{{ outputs.one.v + outputs.two.v }}"),
    )
    bench = Bench(plan)
    bench.turn()

    assert outputs(bench, "box") == {"count": 2}
    assert outputs(bench, "sum") == {"v": 3}


def test_a_failure_inside_counts_through_the_container_and_names_the_inner_task():
    plan = plan_of(
        task("box", type="flow.parallel", tasks=[task("boom", **INVALID), setting("ok")]),
        setting("after"),
    )
    bench = Bench(plan)
    bench.turn()

    assert bench.statuses() == {
        "boom": "FAILED",
        "ok": "SUCCESS",
        "box": "FAILED",
        "after": "SKIPPED",
    }
    assert bench.now.error is not None
    assert bench.now.error.task_name == "boom"


def test_an_allowed_failure_of_the_container_lets_the_flow_go_on():
    plan = plan_of(
        task("box", type="flow.parallel", allowFailure=True, tasks=[task("boom", **INVALID)]),
        setting("after"),
    )
    bench = Bench(plan)
    bench.turn()

    assert bench.now.status is Status.SUCCESS
    assert bench.statuses()["box"] == "FAILED"


def test_an_allowed_failure_inside_is_none_of_the_container():
    inner = task("boom", allowFailure=True, **INVALID)
    bench = Bench(plan_of(task("box", type="flow.parallel", tasks=[inner])))
    bench.turn()

    assert bench.statuses() == {"boom": "FAILED", "box": "SUCCESS"}


def test_a_skipped_container_runs_nothing_and_its_tasks_read_as_empty():
    plan = plan_of(
        task("box", type="flow.parallel", when="false", tasks=[setting("inner", v=1)]),
        setting("after", v="{{ outputs.inner.v | default(0) }}"),
    )
    bench = Bench(plan)
    bench.turn()

    assert bench.statuses() == {"box": "SKIPPED", "after": "SUCCESS"}
    assert outputs(bench, "after") == {"v": 0}


def loop(items: Any, *tasks: Any, **properties: Any) -> Any:
    return task("loop", type="flow.foreach", properties={"items": items, **properties}, tasks=tasks)


@pytest.mark.timing
def test_a_loop_gives_results_in_the_order_of_its_items():
    def slow_first(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        time.sleep(0.1 if properties["n"] == 1 else 0)
        return {"n": properties["n"]}

    body = task("work", type="t.work", properties={"n": "{{ item }}"})
    bench = Bench(plan_of(loop([1, 2, 3], body, concurrency=0)), {"t.work": slow_first})
    bench.turn()

    assert outputs(bench, "loop") == {
        "count": 3,
        "results": [{"work": {"n": 1}}, {"work": {"n": 2}}, {"work": {"n": 3}}],
    }


def test_a_loop_over_a_map_sees_keys():
    body = setting("pair", text="{{ index }}:{{ key }}={{ item }}")
    bench = Bench(plan_of(loop({"a": 1, "b": 2}, body)))
    bench.turn()

    assert [result["pair"]["text"] for result in outputs(bench, "loop")["results"]] == [
        "0:a=1",
        "1:b=2",
    ]


def test_tasks_of_an_iteration_read_each_other_and_what_is_outside():
    plan = plan_of(
        setting("base", v=10),
        loop(
            "{{ [1, 2] }}",
            setting("first", v="{{ item + outputs.base.v }}"),
            setting("second", v="{{ outputs.first.v * 2 }}"),
        ),
    )
    bench = Bench(plan)
    bench.turn()

    assert [result["second"]["v"] for result in outputs(bench, "loop")["results"]] == [22, 24]


def test_loops_nest():
    inner = task(
        "inner",
        type="flow.foreach",
        properties={"items": "{{ item }}"},
        tasks=[setting("leaf", v="{{ item * 10 }}")],
    )
    bench = Bench(plan_of(loop([[1, 2], [3]], inner)))
    bench.turn()

    results = outputs(bench, "loop")["results"]
    assert [[leaf["leaf"]["v"] for leaf in each["inner"]["results"]] for each in results] == [
        [10, 20],
        [30],
    ]
    assert {"leaf#0.0", "leaf#0.1", "leaf#1.0"} <= set(bench.runs)


def test_an_empty_loop_succeeds():
    bench = Bench(plan_of(loop([], setting("x"))))
    bench.turn()

    assert outputs(bench, "loop") == {"count": 0, "results": []}


@pytest.mark.timing
@pytest.mark.parametrize(("concurrency", "most"), [(1, 1), (3, 3), (0, 12)])
def test_a_loop_keeps_to_its_concurrency(concurrency: int, most: int):
    running: list[int] = [0]
    peak: list[int] = [0]
    lock = threading.Lock()
    first_two = threading.Barrier(2 if most > 1 else 1, timeout=PATIENCE_SECONDS)
    calls = itertools.count()

    def work(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        with lock:
            running[0] += 1
            peak[0] = max(peak[0], running[0])
        if next(calls) < first_two.parties:
            first_two.wait()
        time.sleep(0.05)
        with lock:
            running[0] -= 1
        return {}

    body = task("work", type="t.work")
    bench = Bench(plan_of(loop(list(range(12)), body, concurrency=concurrency)), {"t.work": work})
    bench.turn()

    assert bench.now.status is Status.SUCCESS
    assert peak[0] <= most
    assert most == 1 or peak[0] > 1


@pytest.mark.timing
def test_a_parallel_keeps_to_its_concurrency():
    tasks = [task(f"t{n}", type="t.slow") for n in range(3)]
    plan = plan_of(task("box", type="flow.parallel", properties={"concurrency": 1}, tasks=tasks))
    bench = Bench(plan, {"t.slow": sleeping(0.01)})
    bench.turn()

    ends = [bench.runs[f"t{n}"] for n in range(3)]
    assert bench.now.status is Status.SUCCESS
    for before, after in pairwise(ends):
        assert before.finished_at is not None
        assert after.started_at is not None
        assert before.finished_at <= after.started_at


def test_a_loop_that_fails_fast_starts_nothing_more():
    body = task(
        "work",
        type="util.validate",
        properties={"data": "{{ item }}", "schema": {"type": "string"}},
    )
    bench = Bench(plan_of(loop(["a", 5, "c", "d"], body)))
    bench.turn()

    assert bench.statuses() == {"work#0": "SUCCESS", "work#1": "FAILED", "loop": "FAILED"}
    assert outputs(bench, "loop")["results"][2] == {}


def test_a_loop_that_does_not_fail_fast_runs_all_and_fails():
    body = task(
        "work",
        type="util.validate",
        properties={"data": "{{ item }}", "schema": {"type": "string"}},
    )
    bench = Bench(plan_of(loop(["a", 5, "c"], body, failFast=False)))
    bench.turn()

    assert bench.statuses() == {
        "work#0": "SUCCESS",
        "work#1": "FAILED",
        "work#2": "SUCCESS",
        "loop": "FAILED",
    }


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ("{{ 'text' }}", "items must be a list or a map, not str"),
        ("{{ range(0) | length }}", "items must be a list or a map, not int"),
        (list(range(MAX_ITEMS + 1)), "items has 10001 items, 10000 at most"),
    ],
)
def test_a_loop_over_what_is_no_list_fails_with_a_sentence(items: Any, message: str):
    bench = Bench(plan_of(loop(items, setting("x"))))
    bench.turn()

    error = bench.runs["loop"].error
    assert error is not None
    assert error.message == message


@pytest.mark.parametrize("concurrency", [-1, "{{ 'x' }}", "{{ true }}", 1.5])
def test_a_concurrency_that_makes_no_sense_fails_the_container(concurrency: Any):
    box = task(
        "box", type="flow.parallel", properties={"concurrency": concurrency}, tasks=[setting("t")]
    )
    bench = Bench(plan_of(box))
    bench.turn()

    error = bench.runs["box"].error
    assert error
    assert error.code == "invalid_properties"
    assert error.message == "concurrency must be a whole number from 0"


def test_results_of_a_loop_that_are_too_large_fail_it():
    def large(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        return {"text": "x" * 11_000_000}

    loop = task(
        "each",
        type="flow.foreach",
        properties={"items": [1, 2]},
        tasks=[task("t", type="t.large")],
    )
    bench = Bench(plan_of(loop), {"t.large": large})
    bench.turn()

    error = bench.runs["each"].error
    assert error
    assert error.code == "output_too_large"
    assert bench.runs["each"].logs[-1].message == error.message


def test_a_loop_goes_on_from_what_is_recorded():
    calls: list[int] = []

    def work(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        calls.append(properties["n"])
        return {}

    body = task("work", type="t.work", properties={"n": "{{ item }}"})
    bench = Bench(plan_of(loop([0, 1, 2], body)), {"t.work": work})
    assert bench.turn(remaining=lambda: 30.0) == "continue"

    bench.turn()

    assert calls == [0, 1, 2]
    assert bench.now.status is Status.SUCCESS


def test_five_thousand_items_run():
    bench = Bench(plan_of(loop(list(range(5000)), setting("x", n="{{ index }}"), concurrency=0)))
    bench.turn()

    assert bench.now.status is Status.SUCCESS
    assert len(bench.runs) == 5001


@pytest.mark.timing
def test_a_container_may_time_out():
    plan = plan_of(
        task(
            "box",
            type="flow.parallel",
            timeout=0.3,
            tasks=[task("slow", type="t.slow", dependsOn=[]), task("next", dependsOn=["slow"])],
        ),
        setting("after"),
    )
    bench = Bench(plan, {"t.slow": Lingering("slow")})
    bench.turn()

    assert bench.statuses() == {"slow": "CANCELLED", "box": "TIMED_OUT", "after": "SKIPPED"}


def test_errors_run_once_the_flow_is_going_to_fail_and_finally_always():
    broken = plan_of(
        task("boom", type="t.fail"),
        errors=[
            setting("note", text="{{ error.taskName }}: {{ error.message }} ({{ error.status }})")
        ],
        **{"finally": [setting("bye")]},
    )
    bench = Bench(broken, {"t.fail": failing()})
    bench.turn()

    assert outputs(bench, "note") == {"text": "boom: it broke (FAILED)"}
    assert bench.statuses() == {"boom": "FAILED", "note": "SUCCESS", "bye": "SUCCESS"}
    assert bench.now.status is Status.FAILED
    assert bench.now.tasks_executed == 1

    fine = plan_of(setting("ok"), errors=[setting("note")], **{"finally": [setting("bye")]})
    bench = Bench(fine)
    bench.turn()

    assert bench.statuses() == {"ok": "SUCCESS", "bye": "SUCCESS"}
    assert bench.now.status is Status.SUCCESS


def test_a_failing_finally_fails_the_execution():
    plan = plan_of(setting("ok"), **{"finally": [task("boom", **INVALID)]})
    bench = Bench(plan)
    bench.turn()

    assert bench.now.status is Status.FAILED
    assert bench.now.error is not None
    assert bench.now.error.task_name == "boom"


def test_the_iterations_of_one_loop_do_not_see_the_outputs_of_another():
    read = "{{ outputs.first.n | default('none') }}"
    plan = plan_of(
        task(
            "one",
            type="flow.foreach",
            properties={"items": [1, 2]},
            tasks=[setting("first", n="{{ item }}")],
        ),
        task(
            "two",
            type="flow.foreach",
            properties={"items": [3, 4]},
            tasks=[setting("second", n=read)],
        ),
    )
    bench = Bench(plan)
    bench.turn()

    assert [outputs(bench, f"second#{index}") for index in (0, 1)] == [{"n": "none"}] * 2


def test_a_container_that_times_out_in_one_iteration_leaves_the_others_alone():
    inner = task("pause", type="flow.wait", properties={"duration": "{{ item }}"})
    limit = "{{ '10s' if index == 1 else '1h' }}"
    held = task("held", type="flow.parallel", timeout=limit, tasks=[inner])
    loop = task(
        "loop",
        type="flow.foreach",
        properties={"items": [60] * 12, "concurrency": 0, "failFast": False},
        tasks=[held],
    )
    bench = Bench(plan_of(loop))
    bench.run()

    assert bench.runs["held#1"].status.value == "TIMED_OUT"
    assert bench.runs["pause#1"].status.value == "CANCELLED"
    others = {
        key: run.status.value for key, run in bench.runs.items() if run.iteration not in {None, "1"}
    }
    assert set(others.values()) == {"SUCCESS"}
