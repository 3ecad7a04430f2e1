"""Which task runs a retry keeps."""

from collections.abc import Mapping
from typing import Any

import pytest

from shared.executions.scheduling.reuse import reusable_runs
from shared.executions.task_runs import TaskRun, TaskStatus
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
