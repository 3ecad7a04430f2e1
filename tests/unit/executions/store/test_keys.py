"""Where the rows of an execution stand: stored keys, which no release may change."""

from shared.executions.store.keys import (
    ANY_RUN,
    OPEN_SHARDS,
    ROUNDS,
    execution_key,
    open_shard,
    rounds_prefix,
    run_key,
    run_prefix,
    segment_key,
)
from shared.executions.task_runs import TaskRun, TaskStatus
from tests.support.executions.repository import execution_of
from tests.support.plans import plan_of, task


def test_an_execution_its_segments_and_its_task_runs_share_a_partition() -> None:
    execution = execution_of(plan_of(task("a")))
    run = TaskRun(task_name="a", task_type="core.set", status=TaskStatus.SUCCESS, iteration="2")
    pk = f"default#{execution.id}"

    assert execution_key("default", execution.id) == {"pk": pk, "sk": "execution"}
    assert segment_key("default", execution.id, "main") == {"pk": pk, "sk": "segment#main"}
    assert run_key(execution, run) == {"pk": pk, "sk": "task#a#2"}


def test_task_runs_of_a_later_attempt_of_the_whole_stand_apart() -> None:
    execution = execution_of(plan_of(task("a")), attempt=3)
    run = TaskRun(task_name="a", task_type="core.set", status=TaskStatus.SUCCESS)

    assert run_key(execution, run)["sk"] == "task@3#a"
    assert [run_prefix(attempt) for attempt in (1, 2)] == ["task#", "task@2#"]
    assert all(run_prefix(attempt).startswith(ANY_RUN) for attempt in (1, 2, 10))


def test_what_is_in_a_round_of_a_loop_sorts_behind_all_else() -> None:
    see = TaskRun(
        task_name="see",
        task_type="core.set",
        status=TaskStatus.SUCCESS,
        iteration="4.3",
        rounds="2",
        round_of="poll#4.3",
    )
    first, later = (execution_of(plan_of(task("a")), attempt=attempt) for attempt in (1, 2))

    assert run_key(first, see)["sk"] == "within#poll#4.3/see@2#4.3"
    assert run_key(later, see)["sk"] == "within@2#poll#4.3/see@2#4.3"
    others = ["execution", "segment#main", *map(run_prefix, (1, 2, 10))]
    assert all(other < ROUNDS for other in others)
    for attempt in (1, 2, 10):
        assert rounds_prefix(attempt).startswith(ANY_RUN)
        assert rounds_prefix(attempt) >= ROUNDS


def test_open_executions_are_spread_over_all_shards_and_keep_theirs() -> None:
    names = [f"execution-{number}" for number in range(200)]

    assert {open_shard(name) for name in names} == set(OPEN_SHARDS)
    assert open_shard("execution-0") == open_shard("execution-0") == "open#2"
