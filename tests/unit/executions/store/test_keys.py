"""Where the rows of an execution stand: stored keys, which no release may change."""

from shared.executions.store.keys import (
    ANY_RUN,
    OPEN_SHARDS,
    execution_key,
    open_shard,
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


def test_open_executions_are_spread_over_all_shards_and_keep_theirs() -> None:
    names = [f"execution-{number}" for number in range(200)]

    assert {open_shard(name) for name in names} == set(OPEN_SHARDS)
    assert open_shard("execution-0") == open_shard("execution-0") == "open#2"
