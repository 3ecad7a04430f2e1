"""The threads of a turn: what an answer takes counts until its outcome is recorded."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.executions.scheduling.nodes import TaskInstance
from shared.executions.tasks.attempt_threads import Threads
from shared.executions.tasks.clocks import Clocks
from shared.expressions import Scope
from shared.flows.plans.plan import Plan
from shared.masking import Masking
from shared.plugins.sdk.plugin import TaskContext
from tests.support.executions.bench import Bench
from tests.support.executions.repository import execution_of
from tests.support.plans import plan_of, task

PATIENCE = 30.0
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def take(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    context.reserve(properties["bytes"])
    return {}


def threads_of(plan: Plan) -> Threads:
    plugin = Bench(plan, {"t.take": take}).plugins["t.take"]
    return Threads(
        clocks=Clocks(now=lambda: NOW, monotonic=time.monotonic, sleep=time.sleep),
        find_plugin=lambda _name: plugin,
        execution=execution_of(plan),
        masking=Masking(()),
    )


@pytest.fixture
def plan() -> Plan:
    return plan_of(*(task(name, type="t.take", properties={"bytes": 1000}) for name in "ab"))


def start(threads: Threads, plan: Plan, name: str) -> None:
    [planned] = [each for each in plan.tasks if each.task.name == name]
    instance = TaskInstance(planned)
    scope = Scope(roots={}, seed="", now=NOW)
    threads.start(instance, scope, attempt=1, started_at=NOW, limit=PATIENCE)


def test_what_an_answer_takes_is_given_back_once_its_outcome_is_recorded(plan: Plan):
    threads = threads_of(plan)
    for name in "ab":
        start(threads, plan, name)

    totals = []
    while threads.has_active:
        assert threads.next_result(PATIENCE)
        totals.append(threads.in_flight.total)
    threads.next_result(0)

    assert totals[-1] == 1000  # of the one that its taker still records
    assert threads.in_flight.total == 0


@pytest.mark.timing
def test_what_a_late_answer_takes_is_given_back_though_nobody_waits_for_it(plan: Plan):
    threads = threads_of(plan)
    start(threads, plan, "a")
    threads.give_up(lambda _active: True)

    while not threads.in_flight.total:
        time.sleep(0.001)
    while threads.next_result(0.01) or threads.in_flight.total:
        pass

    assert not threads.has_strays()
