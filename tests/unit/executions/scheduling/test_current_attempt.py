"""The number and the beginning of the attempt of a task that is under way or next."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.executions.scheduling.current_attempt import current_attempt
from shared.executions.scheduling.nodes import TaskInstance
from shared.executions.task_runs import TaskRun, TaskStatus
from tests.support.plans import START, plan_of, task

INSTANCE = TaskInstance(plan_of(task("a")).tasks[0])
LATER = START + timedelta(minutes=1)


def run_of(kind: str, status: TaskStatus, **fields: Any) -> TaskRun:
    return TaskRun(task_name="a", task_type=kind, status=status, **fields)


def never(_instance: TaskInstance) -> datetime:
    raise AssertionError("its beginning is recorded")


def test_the_first_attempt_begins_when_the_task_is_ready():
    this = current_attempt(INSTANCE, None, lambda _: START)

    assert (this.attempt, this.began_at, this.run) == (1, START, None)


@pytest.mark.parametrize("kind", ["core.set", "flow.wait", "flow.foreach", "flow.gate"])
def test_after_a_failure_the_next_attempt_begins_when_it_is_due(kind: str):
    failed = run_of(kind, TaskStatus.RETRYING, attempt=2, due_at=LATER)

    this = current_attempt(INSTANCE, failed, never)

    assert (this.attempt, this.began_at, this.run) == (3, LATER, None)


def test_a_recorded_attempt_began_when_its_record_says():
    open_run = run_of("flow.wait", TaskStatus.RUNNING, attempt=2, began_at=START, due_at=LATER)

    this = current_attempt(INSTANCE, open_run, never)

    assert (this.attempt, this.began_at, this.run) == (2, START, open_run)


def test_a_recorded_first_attempt_began_when_the_task_was_ready():
    open_run = run_of("flow.wait", TaskStatus.RUNNING, due_at=LATER)

    this = current_attempt(INSTANCE, open_run, lambda _: START)

    assert (this.attempt, this.began_at, this.run) == (1, START, open_run)


def test_an_open_containers_attempt_began_when_it_was_due():
    open_run = run_of("flow.foreach", TaskStatus.RUNNING, attempt=2, due_at=LATER)

    this = current_attempt(INSTANCE, open_run, never)

    assert (this.attempt, this.began_at, this.run) == (2, LATER, open_run)
