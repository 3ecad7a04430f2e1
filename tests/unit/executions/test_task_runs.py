"""Task runs as they are recorded."""

from datetime import timedelta

from shared.executions.task_runs import TaskRun, TaskStatus
from tests.support.plans import START


def test_nothing_takes_less_than_no_time_where_two_clocks_differ():
    run = TaskRun(
        task_name="a",
        task_type="core.set",
        status=TaskStatus.SUCCESS,
        started_at=START,
        finished_at=START - timedelta(milliseconds=3),
    )

    assert run.duration_ms == 0
