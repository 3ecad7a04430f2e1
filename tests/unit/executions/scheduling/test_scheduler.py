"""Which task may start, which is skipped, and how an execution ends (flow language, section 5)."""

from typing import Any

import pytest

from shared.executions.scheduling.nodes import Skip, Start
from shared.executions.scheduling.scheduler import Scheduler
from shared.executions.task_runs import TaskRun
from shared.flows.plans.plan import Plan
from tests.support.plans import plan_of, runs, task

RUN = "run"
SKIP = "skip"
BLOCK = "block"


def scheduler_of(plan: Plan, statuses: dict[str, str]) -> Scheduler:
    scheduler = Scheduler(plan)
    for run in runs(statuses).values():
        scheduler.apply(run)
    return scheduler


def verdicts(plan: Plan, statuses: dict[str, str]) -> dict[str, str]:
    found = {}
    for action in scheduler_of(plan, statuses).next_actions("main"):
        assert isinstance(action, Skip | Start)
        kind = RUN if isinstance(action, Start) else BLOCK if action.blocked else SKIP
        found[action.instance.name] = kind
    return found


@pytest.mark.parametrize(
    ("first", "expected"),
    [("SUCCESS", RUN), ("FAILED", BLOCK), ("TIMED_OUT", BLOCK), ("CANCELLED", BLOCK)],
)
def test_a_dependent_runs_only_behind_success(first: str, expected: str):
    plan = plan_of(task("a"), task("b", dependsOn=["a"]))

    assert verdicts(plan, {"a": first}) == {"b": expected}


def test_nothing_is_decided_before_every_predecessor_is_settled():
    plan = plan_of(
        task("a", dependsOn=[]), task("b", dependsOn=[]), task("c", dependsOn=["a", "b"])
    )

    assert verdicts(plan, {"a": "SUCCESS"}) == {"b": RUN}


def test_an_allowed_failure_satisfies():
    plan = plan_of(task("a", allowFailure=True), task("b", dependsOn=["a"]))

    assert verdicts(plan, {"a": "FAILED"}) == {"b": RUN}


def test_an_allowed_failure_does_not_make_a_cancelled_task_satisfy():
    plan = plan_of(task("a", allowFailure=True), task("b", dependsOn=["a"]))

    assert verdicts(plan, {"a": "CANCELLED"}) == {"b": BLOCK}


def test_a_skip_flows_down_a_dead_branch_but_not_past_a_join():
    plan = plan_of(
        task("a", dependsOn=[]),
        task("b", dependsOn=[]),
        task("dead", dependsOn=["a"]),
        task("join", dependsOn=["a", "b"]),
    )

    assert verdicts(plan, {"a": "SKIPPED", "b": "SUCCESS"}) == {"dead": SKIP, "join": RUN}


def test_a_skip_caused_by_a_failure_passes_every_join():
    plan = plan_of(
        task("a", dependsOn=[]),
        task("b", dependsOn=[]),
        task("mid", dependsOn=["a"]),
        task("join", dependsOn=["mid", "b"]),
    )

    assert verdicts(plan, {"a": "FAILED", "b": "SUCCESS", "mid": "BLOCKED"}) == {"join": BLOCK}


def test_in_a_sequence_the_next_task_takes_the_skipped_ones_predecessors():
    plan = plan_of(task("a"), task("b"), task("c"))

    assert verdicts(plan, {"a": "SUCCESS", "b": "SKIPPED"}) == {"c": RUN}
    assert verdicts(plan, {"a": "FAILED", "b": "BLOCKED"}) == {"c": BLOCK}
    assert verdicts(plan, {"a": "SKIPPED", "b": "SKIPPED"}) == {"c": RUN}


@pytest.mark.parametrize("upstream", ["SUCCESS", "FAILED", "BLOCKED", "CANCELLED", "SKIPPED"])
def test_done_runs_whatever_happened(upstream: str):
    plan = plan_of(task("a"), task("b", dependsOn=["a"], runWhen="done"))

    assert verdicts(plan, {"a": upstream}) == {"b": RUN}


@pytest.mark.parametrize(
    ("upstream", "expected"),
    [
        ("FAILED", RUN),
        ("TIMED_OUT", RUN),
        ("SUCCESS", SKIP),
        ("SKIPPED", SKIP),
        ("BLOCKED", BLOCK),
        ("CANCELLED", BLOCK),
    ],
)
def test_failed_runs_only_behind_a_direct_failure(upstream: str, expected: str):
    plan = plan_of(task("a"), task("b", dependsOn=["a"], runWhen="failed"))

    assert verdicts(plan, {"a": upstream}) == {"b": expected}


def test_a_sequence_goes_on_behind_a_handler_that_succeeded():
    plan = plan_of(task("a"), task("rescue", runWhen="failed"), task("c"))

    assert verdicts(plan, {"a": "FAILED"}) == {"rescue": RUN}
    assert verdicts(plan, {"a": "FAILED", "rescue": "SUCCESS"}) == {"c": RUN}
    assert verdicts(plan, {"a": "SUCCESS", "rescue": "SKIPPED"}) == {"c": RUN}


@pytest.mark.parametrize(
    ("run_when", "expected"), [("failed", RUN), ("done", RUN), ("success", BLOCK)]
)
def test_in_a_sequence_a_handler_may_stand_behind_what_was_skipped_for_a_failure(
    run_when: str, expected: str
):
    plan = plan_of(task("a"), task("b"), task("c", runWhen=run_when))

    assert verdicts(plan, {"a": "FAILED", "b": "BLOCKED"}) == {"c": expected}


def test_a_disabled_task_is_skipped_and_tells_a_failure_above_it_on():
    plan = plan_of(task("a"), task("b", dependsOn=["a"], disabled=True))

    assert verdicts(plan, {"a": "SUCCESS"}) == {"b": SKIP}
    assert verdicts(plan, {"a": "FAILED"}) == {"b": BLOCK}


def test_the_error_is_the_failure_that_came_first():
    plan = plan_of(task("z", dependsOn=[]), task("a", dependsOn=[]), task("ok", dependsOn=[]))
    scheduler = scheduler_of(plan, {"z": "SUCCESS", "ok": "TIMED_OUT", "a": "FAILED"})

    failure = scheduler.first_failure("main")

    assert failure is not None
    assert (failure.task_name, failure.status) == ("ok", "TIMED_OUT")


def test_a_task_cancelled_on_its_own_fails_the_execution():
    failure = scheduler_of(plan_of(task("a")), {"a": "CANCELLED"}).first_failure("main")

    assert failure is not None
    assert failure.code == "task_cancelled"


def test_an_execution_of_skips_and_allowed_failures_succeeds():
    plan = plan_of(task("a", allowFailure=True), task("b"))

    assert scheduler_of(plan, {"a": "FAILED", "b": "SKIPPED"}).first_failure("main") is None


def test_skips_and_cancelled_tasks_do_not_count_as_executed():
    statuses = {"a": "SUCCESS", "b": "FAILED", "c": "TIMED_OUT", "d": "SKIPPED", "e": "CANCELLED"}
    plan = plan_of(*(task(name) for name in statuses))

    assert scheduler_of(plan, statuses).executed() == 3


def test_skipped_tasks_that_all_read_each_other_are_decided_in_no_time():
    names = [f"t{number}" for number in range(300)]
    tasks = [
        task(name, properties={"values": {"x": [f"{{{{ outputs.{b} }}}}" for b in names[:n][-5:]]}})
        for n, name in enumerate(names)
    ]
    plan = plan_of(*tasks)

    assert verdicts(plan, dict.fromkeys(names[:-1], "SKIPPED")) == {"t299": RUN}


class CountedRuns(dict[str, TaskRun]):
    """Task runs that count how often one is looked up."""

    looks = 0

    def get(self, key: str, default: Any = None) -> Any:
        self.looks += 1
        return super().get(key, default)


def test_whether_a_long_sequence_is_over_is_told_without_a_look_at_what_is_settled():
    names = [f"t{number}" for number in range(100)]
    scheduler = Scheduler(plan_of(*map(task, names)))
    scheduler.runs = counted = CountedRuns()

    for run in runs(dict.fromkeys(names, "SUCCESS")).values():
        assert not scheduler.is_finished("main")
        scheduler.apply(run)

    assert scheduler.is_finished("main")
    assert counted.looks < 4 * len(names)
