"""Which task runs a retry keeps."""

from collections.abc import Mapping
from typing import Any

import pytest

from shared.executions.scheduling.reuse import reusable_runs
from shared.executions.task_runs import Failure, TaskRun, TaskStatus, node_key, row_key
from shared.flows.plans.plan import Plan
from tests.support.executions.bench import Bench, failing
from tests.support.plans import plan_of, runs, task


def kept(plan: Plan, statuses: Mapping[str, str], before: Plan | None = None) -> set[str]:
    return {run.task_name for run in reusable_runs(plan, before or plan, runs(statuses))}


def test_what_succeeded_before_a_failure_is_kept_and_the_rest_runs_again():
    plan = plan_of(task("a"), task("b"), task("c"))

    assert kept(plan, {"a": "SUCCESS", "b": "FAILED", "c": "BLOCKED"}) == {"a"}


def test_a_branch_that_does_not_depend_on_the_failure_is_kept():
    plan = plan_of(task("a", dependsOn=[]), task("b", dependsOn=[]), task("c", dependsOn=["b"]))

    assert kept(plan, {"a": "FAILED", "b": "SUCCESS", "c": "SUCCESS"}) == {"b", "c"}


def test_what_succeeded_after_an_allowed_failure_is_not_done_twice():
    plan = plan_of(task("a", allowFailure=True), task("b"), task("c"), task("d"))

    statuses = {"a": "FAILED", "b": "SUCCESS", "c": "SUCCESS", "d": "FAILED"}
    assert kept(plan, statuses) == {"b", "c"}


@pytest.mark.parametrize("run_when", ["done", "failed"])
def test_a_handler_behind_what_runs_again_is_decided_anew(run_when: str):
    plan = plan_of(task("a"), task("b", runWhen=run_when), task("c"), task("d"))

    statuses = {"a": "FAILED", "b": "SUCCESS", "c": "SUCCESS", "d": "FAILED"}
    assert kept(plan, statuses) == {"c"}


@pytest.mark.parametrize("is_inside", [False, True])
def test_what_reads_how_another_task_ended_runs_again_with_it(*, is_inside: bool):
    reader = task("r", properties={"values": {"x": "{{ tasks.a.status }}"}})
    box = task("box", type="flow.parallel", tasks=[reader])
    plan = plan_of(task("a", allowFailure=True), box if is_inside else reader, task("d"))

    statuses = {"a": "FAILED", "r": "SUCCESS", "box": "SUCCESS", "d": "FAILED"}
    assert kept(plan, statuses) == set()


def test_a_skip_is_decided_anew_and_keeps_what_follows():
    plan = plan_of(task("a"), task("b", when=False), task("c"), task("d"))

    assert kept(plan, {"a": "SUCCESS", "b": "SKIPPED", "c": "SUCCESS", "d": "FAILED"}) == {"a", "c"}


def test_errors_and_finally_always_run_again():
    plan = plan_of(task("a"), task("b"), errors=[task("e")], **{"finally": [task("f")]})

    statuses = {"a": "SUCCESS", "b": "FAILED", "e": "SUCCESS", "f": "SUCCESS"}
    assert kept(plan, statuses) == {"a"}


def test_a_changed_task_runs_again_with_all_that_follows():
    before = plan_of(task("a"), task("b"), task("c"), task("gone"))
    plan = plan_of(task("a"), task("b", properties={"values": {}}), task("c"))

    statuses = dict.fromkeys("abc", "SUCCESS") | {"gone": "SUCCESS"}
    assert kept(plan, statuses, before) == {"a"}


def box(name: str, *inner: Any) -> Any:
    return task(name, type="flow.parallel", tasks=inner)


def test_a_container_in_which_anything_changed_runs_again_whole():
    inner = [task("a"), task("b")]
    before = plan_of(box("p", *inner, task("gone")), box("q", task("c")))
    plan = plan_of(box("p", *inner), box("q", task("c"), task("new")))

    statuses = dict.fromkeys(["a", "b", "gone", "p", "c", "q"], "SUCCESS")
    assert kept(plan, statuses, before) == set()


def test_a_failed_container_keeps_what_succeeded_inside():
    plan = plan_of(box("p", task("a"), task("b")), task("z"))

    statuses = {"a": "SUCCESS", "b": "FAILED", "p": "FAILED", "z": "BLOCKED"}
    assert kept(plan, statuses) == {"a"}


def test_a_container_that_succeeded_behind_a_failure_is_kept_whole():
    plan = plan_of(task("x", allowFailure=True), box("p", box("q", task("a"))), task("z"))

    statuses = {"x": "FAILED", "a": "SUCCESS", "q": "SUCCESS", "p": "SUCCESS", "z": "FAILED"}
    assert kept(plan, statuses) == {"p", "q", "a"}


@pytest.mark.parametrize("allowed", [True, False])
def test_a_container_behind_a_failure_in_which_something_failed_keeps_nothing(*, allowed: bool):
    inner = box("q", task("a"), task("b", allowFailure=allowed))
    plan = plan_of(task("x", allowFailure=True), box("p", inner), task("z"))

    status = "SUCCESS" if allowed else "FAILED"
    statuses = {"x": "FAILED", "a": "SUCCESS", "b": "FAILED", "q": status, "p": status}
    assert kept(plan, statuses | {"z": "FAILED"}) == set()


def test_a_container_runs_again_for_an_allowed_failure_inside():
    plan = plan_of(box("p", task("a"), task("b", allowFailure=True)), task("z"))

    statuses = {"a": "SUCCESS", "b": "FAILED", "p": "SUCCESS", "z": "FAILED"}
    assert kept(plan, statuses) == {"a"}


def noting(seen: list[int]) -> Any:
    def run(properties: Mapping[str, Any], _context: Any) -> Mapping[str, Any]:
        seen.append(properties["item"])
        return {}

    return run


def loop_plan() -> Plan:
    body = [
        task("work", type="t.work", properties={"item": "{{ item }}"}),
        task("note", properties={"values": {"n": "{{ item }}"}}),
    ]
    properties = {"items": [1, 2, 3], "failFast": False}
    return plan_of(task("loop", type="flow.foreach", properties=properties, tasks=body))


def test_a_loop_keeps_its_good_iterations_and_repeats_the_others():
    plan, seen = loop_plan(), list[int]()
    first = Bench(plan, {"t.work": lambda p, c: {} if p["item"] != 2 else failing()(p, c)})
    first.run()
    second = Bench(plan, {"t.work": noting(seen)})
    copies = reusable_runs(plan, plan, first.runs)
    second.store.runs["default", second.execution.id] = {
        f"{run.task_name}#{run.iteration}": run for run in copies
    }

    ended = second.run()

    assert {(run.task_name, run.iteration) for run in copies} == {
        (name, index) for name in ("work", "note") for index in ("0", "2")
    }
    assert seen == [2]
    assert ended.status == "SUCCESS"
    assert second.runs["loop"].status is TaskStatus.SUCCESS


def test_a_loop_behind_a_failure_keeps_no_iteration():
    body = [task("work"), task("inner", type="flow.foreach", properties={}, tasks=[task("w2")])]
    plan = plan_of(
        task("x", allowFailure=True),
        task("loop", type="flow.foreach", properties={"items": [1]}, tasks=body),
    )
    recorded = runs({"x": "FAILED", "work": "SUCCESS", "w2": "SUCCESS", "loop": "FAILED"})
    recorded = {
        key: run.model_copy(update={"iteration": {"work": "0", "w2": "0.1"}.get(key)})
        for key, run in recorded.items()
    }

    assert reusable_runs(plan, plan, _by_key(recorded)) == []


def _by_key(recorded: Mapping[str, TaskRun]) -> dict[str, TaskRun]:
    return {
        f"{run.task_name}#{run.iteration}" if run.iteration else run.task_name: run
        for run in recorded.values()
    }


def _loop(*tasks: Any, **fields: Any) -> Any:
    return task("loop", type="flow.loop", properties={"until": "false"}, tasks=tasks, **fields)


def _rounds(**statuses: str) -> dict[str, TaskRun]:
    """Records of a loop: `a_0` is task `a` in round 0."""
    found = runs(statuses)
    rounds = {}
    for name, run in found.items():
        task_name, _, iteration = name.partition("_")
        key = node_key(task_name, iteration)
        rounds[key] = run.model_copy(
            update={"task_name": task_name, "iteration": iteration or None}
        )
    return rounds


def _keys(plan: Plan, found: Mapping[str, TaskRun]) -> list[str]:
    return sorted(row_key(run) for run in reusable_runs(plan, plan, found))


def test_a_loop_that_failed_goes_on_in_the_round_that_did():
    plan = plan_of(_loop(task("a"), task("b")), task("after"))

    statuses = {"a_0": "SUCCESS", "b_0": "SUCCESS", "a_1": "SUCCESS", "b_1": "FAILED"}
    found = _rounds(**statuses, loop="FAILED", after="BLOCKED")
    assert _keys(plan, found) == ["a#0", "a#1", "b#0"]


def test_rounds_behind_one_that_runs_again_run_again_too():
    plan = plan_of(_loop(task("a", allowFailure=True), task("b")))

    statuses = {"a_0": "SUCCESS", "b_0": "SUCCESS", "a_1": "FAILED", "b_1": "SUCCESS"}
    statuses |= {"a_2": "SUCCESS", "b_2": "SUCCESS", "a_10": "SUCCESS", "b_10": "FAILED"}
    found = _rounds(**statuses, loop="FAILED")
    assert _keys(plan, found) == ["a#0", "b#0", "b#1"]


def test_a_loop_that_succeeded_is_kept_with_its_rounds_whatever_they_came_to():
    plan = plan_of(_loop(task("a", allowFailure=True), task("b")), task("after"))

    statuses = {"a_0": "FAILED", "b_0": "SUCCESS", "a_1": "SUCCESS", "b_1": "SUCCESS"}
    found = _rounds(**statuses, loop="SUCCESS", after="FAILED")
    assert _keys(plan, found) == ["a#1", "b#0", "b#1", "loop"]


def test_a_loop_whose_rounds_are_used_up_begins_anew():
    plan = plan_of(task("first"), _loop(task("a")))

    found = _rounds(first="SUCCESS", a_0="SUCCESS", a_1="SUCCESS", loop="FAILED")
    error = Failure(code="loop_exhausted", message="m")
    found["loop"] = found["loop"].model_copy(update={"error": error})
    assert _keys(plan, found) == ["first"]


def test_a_loop_that_was_cut_off_goes_on_with_its_last_round():
    plan = plan_of(_loop(task("a")))

    found = _rounds(a_0="SUCCESS", a_1="SUCCESS", a_2="CANCELLED", loop="TIMED_OUT")
    assert _keys(plan, found) == ["a#0", "a#1"]


def test_a_container_in_a_round_runs_again_with_the_rounds_behind_it():
    held = task("box", type="flow.parallel", tasks=[task("a"), task("b")], allowFailure=True)
    plan = plan_of(_loop(held))

    statuses = {"a_0": "SUCCESS", "b_0": "FAILED", "box_0": "FAILED"}
    statuses |= {"a_1": "SUCCESS", "b_1": "SUCCESS", "box_1": "SUCCESS"}
    found = _rounds(**statuses, loop="FAILED")
    assert _keys(plan, found) == ["a#0"]


def test_a_new_loop_in_place_of_another_keeps_nothing_of_it():
    before = plan_of(_loop(task("a")), task("after"))
    plan = plan_of(_loop(task("a"), retry={"maxAttempts": 2}), task("after"))

    found = _rounds(a_0="SUCCESS", loop="SUCCESS", after="FAILED")
    assert reusable_runs(plan, before, found) == []
