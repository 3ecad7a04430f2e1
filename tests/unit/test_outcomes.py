"""Which task may start, which is skipped, and how an execution ends (flow language, section 5)."""

import pytest

from shared.executions.outcomes import Board, Skip, Start, Verdict, executed, first_failure
from tests.support.plans import plan_of, runs, task

RUN = Start()
SKIP = Skip(blocked=False)
BLOCK = Skip(blocked=True)


def verdicts(board: Board, statuses: dict[str, str]) -> dict[str, Verdict]:
    return {planned.task.name: verdict for planned, verdict in board.decidable(runs(statuses))}


@pytest.mark.parametrize(
    ("first", "expected"),
    [("SUCCESS", RUN), ("FAILED", BLOCK), ("TIMED_OUT", BLOCK), ("CANCELLED", BLOCK)],
)
def test_a_dependent_runs_only_behind_success(first: str, expected: Verdict):
    board = Board(plan_of(task("a"), task("b", dependsOn=["a"])))

    assert verdicts(board, {"a": first}) == {"b": expected}


def test_nothing_is_decided_before_every_predecessor_is_settled():
    board = Board(
        plan_of(task("a", dependsOn=[]), task("b", dependsOn=[]), task("c", dependsOn=["a", "b"]))
    )

    assert verdicts(board, {"a": "SUCCESS"}) == {"b": RUN}


def test_an_allowed_failure_satisfies():
    board = Board(plan_of(task("a", allowFailure=True), task("b", dependsOn=["a"])))

    assert verdicts(board, {"a": "FAILED"}) == {"b": RUN}


def test_an_allowed_failure_does_not_make_a_cancelled_task_satisfy():
    board = Board(plan_of(task("a", allowFailure=True), task("b", dependsOn=["a"])))

    assert verdicts(board, {"a": "CANCELLED"}) == {"b": BLOCK}


def test_a_skip_flows_down_a_dead_branch_but_not_past_a_join():
    board = Board(
        plan_of(
            task("a", dependsOn=[]),
            task("b", dependsOn=[]),
            task("dead", dependsOn=["a"]),
            task("join", dependsOn=["a", "b"]),
        )
    )

    assert verdicts(board, {"a": "SKIPPED", "b": "SUCCESS"}) == {"dead": SKIP, "join": RUN}


def test_a_skip_caused_by_a_failure_passes_every_join():
    board = Board(
        plan_of(
            task("a", dependsOn=[]),
            task("b", dependsOn=[]),
            task("mid", dependsOn=["a"]),
            task("join", dependsOn=["mid", "b"]),
        )
    )

    assert verdicts(board, {"a": "FAILED", "b": "SUCCESS", "mid": "BLOCKED"}) == {"join": BLOCK}


def test_in_a_sequence_the_next_task_takes_the_skipped_ones_predecessors():
    board = Board(plan_of(task("a"), task("b"), task("c")))

    assert verdicts(board, {"a": "SUCCESS", "b": "SKIPPED"}) == {"c": RUN}
    assert verdicts(board, {"a": "FAILED", "b": "BLOCKED"}) == {"c": BLOCK}
    assert verdicts(board, {"a": "SKIPPED", "b": "SKIPPED"}) == {"c": RUN}


@pytest.mark.parametrize("upstream", ["SUCCESS", "FAILED", "BLOCKED", "CANCELLED", "SKIPPED"])
def test_done_runs_whatever_happened(upstream: str):
    board = Board(plan_of(task("a"), task("b", dependsOn=["a"], runWhen="done")))

    assert verdicts(board, {"a": upstream}) == {"b": RUN}


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
def test_failed_runs_only_behind_a_direct_failure(upstream: str, expected: Verdict):
    board = Board(plan_of(task("a"), task("b", dependsOn=["a"], runWhen="failed")))

    assert verdicts(board, {"a": upstream}) == {"b": expected}


def test_a_sequence_goes_on_behind_a_handler_that_succeeded():
    board = Board(plan_of(task("a"), task("rescue", runWhen="failed"), task("c")))

    assert verdicts(board, {"a": "FAILED"}) == {"rescue": RUN}
    assert verdicts(board, {"a": "FAILED", "rescue": "SUCCESS"}) == {"c": RUN}
    assert verdicts(board, {"a": "SUCCESS", "rescue": "SKIPPED"}) == {"c": RUN}


def test_a_disabled_task_is_skipped_and_tells_a_failure_above_it_on():
    board = Board(plan_of(task("a"), task("b", dependsOn=["a"], disabled=True)))

    assert verdicts(board, {"a": "SUCCESS"}) == {"b": SKIP}
    assert verdicts(board, {"a": "FAILED"}) == {"b": BLOCK}


def test_the_error_is_the_failure_that_came_first():
    board = Board(
        plan_of(task("z", dependsOn=[]), task("a", dependsOn=[]), task("ok", dependsOn=[]))
    )

    failure = first_failure(board, runs({"z": "SUCCESS", "ok": "TIMED_OUT", "a": "FAILED"}))

    assert failure is not None
    assert (failure.task_name, failure.status) == ("ok", "TIMED_OUT")


def test_a_task_cancelled_on_its_own_fails_the_execution():
    failure = first_failure(Board(plan_of(task("a"))), runs({"a": "CANCELLED"}))

    assert failure is not None
    assert failure.code == "task_cancelled"


def test_an_execution_of_skips_and_allowed_failures_succeeds():
    board = Board(plan_of(task("a", allowFailure=True), task("b")))

    assert first_failure(board, runs({"a": "FAILED", "b": "SKIPPED"})) is None


def test_skips_and_cancelled_tasks_do_not_count_as_executed():
    settled = runs(
        {"a": "SUCCESS", "b": "FAILED", "c": "TIMED_OUT", "d": "SKIPPED", "e": "CANCELLED"}
    )

    assert executed(settled.values()) == 3
