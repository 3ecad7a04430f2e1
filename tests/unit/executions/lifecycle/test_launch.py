"""What is put and started, and what is only answered."""

from datetime import timedelta
from typing import Any

import pytest

from shared.executions.models import Status
from tests.support.executions.repository import NOW, execution_of
from tests.support.plans import plan_of, task
from tests.support.slots import Queueing

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("retention", "later", "is_put"),
    [
        (HOUR, HOUR - timedelta(minutes=1), True),
        (HOUR, HOUR, False),
        (timedelta(seconds=1), timedelta(minutes=1), True),
        (timedelta(seconds=1), HOUR, False),
        (None, DAY, True),
    ],
)
def test_a_key_that_outlives_what_it_started_starts_nothing_again(
    retention: timedelta | None, later: timedelta, is_put: Any
):
    ground = Queueing()
    ground.at = NOW + later
    seconds = retention and int(retention.total_seconds())
    execution = execution_of(plan_of(task("a")), retentionSeconds=seconds)

    started = ground.launcher.launch(execution, replayed=True)

    assert (started.execution.id, started.replayed) == (execution.id, True)
    assert started.execution.status is Status.QUEUED
    assert bool(ground.store.executions) is is_put
    assert ground.engine.started == [f"{execution.id}-1"] * is_put


def test_a_first_start_is_put_whatever_its_age():
    ground = Queueing()
    ground.at = NOW + DAY

    ground.launcher.launch(execution_of(plan_of(task("a")), retentionSeconds=1), replayed=False)

    assert len(ground.engine.started) == 1
