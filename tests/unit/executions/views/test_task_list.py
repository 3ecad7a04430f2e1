"""What a list of task runs shows, of runs that are there and of those that are not."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from shared.executions.task_runs import TaskRun, TaskStatus
from shared.executions.views.task_list import MAX_UNBEGUN, task_runs
from shared.flows.plans.plan import Plan
from tests.support.executions.repository import execution_of
from tests.support.plans import START, plan_of, runs, task

Shown = list[tuple[str, str | None, str]]


def loop(name: str, *tasks: Any) -> Any:
    return task(name, type="flow.foreach", properties={"items": [1]}, tasks=tasks)


def listed(plan: Plan, recorded: Mapping[str, TaskRun], **fields: Any) -> Shown:
    execution = execution_of(plan, **{"status": "RUNNING", "startedAt": START, **fields})
    shown = task_runs(plan, execution, recorded)
    return [(run.task_name, run.iteration, run.status.value) for run in shown]


def at(name: str, iteration: str, status: str = "SUCCESS") -> dict[str, TaskRun]:
    run = TaskRun(
        task_name=name,
        task_type="core.set",
        status=TaskStatus(status),
        iteration=iteration,
        finished_at=START,
    )
    return {f"{name}#{iteration}": run}


def test_before_the_start_nothing_runs():
    plan = plan_of(task("a"), task("b"), errors=[task("e")])

    assert listed(plan, {}, status="QUEUED") == [
        ("a", None, "PENDING"),
        ("b", None, "WAITING"),
        ("e", None, "WAITING"),
    ]


def test_between_two_attempts_of_the_whole_nothing_runs():
    plan = plan_of(task("a"), task("b"))

    assert listed(plan, {}, attempt=2, dueAt=START) == [
        ("a", None, "PENDING"),
        ("b", None, "WAITING"),
    ]


def test_what_is_ready_runs_and_what_comes_after_it_waits():
    plan = plan_of(task("a"), task("b"), task("c"), **{"finally": [task("z")]})

    assert listed(plan, runs({"a": "SUCCESS"})) == [
        ("a", None, "SUCCESS"),
        ("b", None, "RUNNING"),
        ("c", None, "WAITING"),
        ("z", None, "WAITING"),
    ]


def test_what_never_ran_is_cancelled_with_its_execution():
    plan = plan_of(task("a"), loop("each", task("b")), errors=[task("e")])

    assert listed(plan, runs({"a": "SUCCESS"}), status="CANCELLED") == [
        ("a", None, "SUCCESS"),
        ("each", None, "CANCELLED"),
        ("b", None, "CANCELLED"),
        ("e", None, "SKIPPED"),
    ]
    assert listed(plan, {}, closing="timeout")[0] == ("a", None, "CANCELLED")


@pytest.mark.parametrize("closing", ["cancel", "timeout"])
def test_what_runs_at_the_end_still_waits_while_the_execution_closes(closing: str):
    box = task("box", type="flow.parallel", tasks=[task("y")])
    plan = plan_of(task("a"), **{"errors": [task("e")], "finally": [task("z"), box]})

    assert listed(plan, {}, closing=closing) == [
        ("a", None, "CANCELLED"),
        *((name, None, "WAITING") for name in ("e", "z", "box", "y")),
    ]


def test_branches_that_a_settled_container_left_out_are_skipped():
    inner = loop("each", task("b"))
    plan = plan_of(
        task("choose", type="flow.if", properties={"condition": True}, then=[task("a"), inner])
    )

    assert listed(plan, runs({"choose": "SUCCESS"})) == [
        ("choose", None, "SUCCESS"),
        ("a", None, "SKIPPED"),
        ("each", None, "SKIPPED"),
        ("b", None, "SKIPPED"),
    ]


def test_tasks_of_an_open_container_are_ready_when_it_is():
    box = task("box", type="flow.parallel", tasks=[task("b"), task("c")])

    assert listed(plan_of(task("a"), box), {}) == [
        ("a", None, "RUNNING"),
        *((name, None, "WAITING") for name in ("box", "b", "c")),
    ]
    assert listed(plan_of(task("a"), box), runs({"a": "SUCCESS"})) == [
        ("a", None, "SUCCESS"),
        *((name, None, "RUNNING") for name in ("box", "b", "c")),
    ]


def test_iterations_are_shown_in_their_order_as_far_as_anything_is_recorded():
    plan = plan_of(loop("each", task("a"), task("b")))
    recorded = {**at("a", "10"), **at("a", "2"), **at("b", "2", "FAILED")}

    assert listed(plan, recorded) == [
        ("each", None, "RUNNING"),
        ("a", "2", "SUCCESS"),
        ("b", "2", "FAILED"),
        ("a", "10", "SUCCESS"),
    ]


def over(name: str, iterations: int, status: str = "FAILED", **fields: Any) -> dict[str, TaskRun]:
    run = TaskRun(
        task_name=name,
        task_type="flow.foreach",
        status=TaskStatus(status),
        iterations=iterations,
        **fields,
    )
    return {name: run}


def test_iterations_that_never_began_are_skipped():
    box = task("box", type="flow.parallel", tasks=[task("deep")])
    plan = plan_of(loop("each", task("a"), box))
    recorded = {**at("a", "0", "FAILED"), **at("a", "2"), **over("each", 4)}

    assert listed(plan, recorded, status="FAILED") == [
        ("each", None, "FAILED"),
        ("a", "0", "FAILED"),
        ("a", "1", "SKIPPED"),
        ("box", "1", "SKIPPED"),
        ("a", "2", "SUCCESS"),
        ("a", "3", "SKIPPED"),
        ("box", "3", "SKIPPED"),
    ]


def test_a_loop_that_is_not_over_may_still_begin_iterations():
    plan = plan_of(loop("each", task("a")))
    recorded = {**at("a", "0", "FAILED"), **over("each", 4, "RETRYING")}

    assert listed(plan, recorded) == [("each", None, "RETRYING"), ("a", "0", "FAILED")]


def test_the_rows_of_iterations_that_never_began_are_bounded():
    plan = plan_of(loop("each", task("a"), task("b")), loop("more", task("c")))
    recorded = {
        **at("a", "0", "FAILED"),
        **over("each", 10_000),
        **at("c", "0", "FAILED"),
        **over("more", 10_000),
    }

    shown = listed(plan, recorded, status="FAILED")
    skipped = Counter(name for name, _, status in shown if status == "SKIPPED")
    assert skipped == {"a": MAX_UNBEGUN // 2, "b": MAX_UNBEGUN // 2}


def test_loops_in_loops_are_shown_while_both_are_open():
    plan = plan_of(loop("outer", loop("inner", task("a"))))

    assert listed(plan, {**at("a", "0.1"), **at("a", "0.0"), **at("a", "1.0")}) == [
        ("outer", None, "RUNNING"),
        ("inner", "0", "RUNNING"),
        ("a", "0.0", "SUCCESS"),
        ("a", "0.1", "SUCCESS"),
        ("inner", "1", "RUNNING"),
        ("a", "1.0", "SUCCESS"),
    ]


@pytest.mark.parametrize("status", ["WAITING", "RUNNING"])
def test_a_loop_that_has_recorded_nothing_shows_its_tasks_once(status: str):
    tasks = [task("before")] if status == "WAITING" else []
    plan = plan_of(*tasks, loop("outer", loop("inner", task("a"))))

    assert listed(plan, {})[len(tasks) :] == [
        ("outer", None, status),
        ("inner", None, status),
        ("a", None, status),
    ]


def test_a_running_task_began_when_the_last_before_it_ended():
    plan = plan_of(
        task("a", dependsOn=[]),
        task("b", dependsOn=[]),
        task("box", type="flow.parallel", dependsOn=["a", "b"], tasks=[task("c")]),
    )
    recorded = runs({"a": "SUCCESS", "b": "SUCCESS"})
    execution = execution_of(plan, status="RUNNING", startedAt=START)

    shown = {run.task_name: run for run in task_runs(plan, execution, recorded)}

    assert shown["c"].started_at == shown["box"].started_at == recorded["b"].finished_at


def test_records_of_tasks_that_are_not_in_the_plan_are_left_out():
    assert listed(plan_of(task("a")), {**runs({"gone": "SUCCESS"}), **at("lost", "1")}) == [
        ("a", None, "RUNNING")
    ]
