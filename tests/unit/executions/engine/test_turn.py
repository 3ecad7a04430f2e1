"""How work is cut into turns: a task a turn where the flow asks for it, a fresh run in time."""

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from shared.executions.models import Status, TerminationReason
from shared.plugins.sdk.plugin import TaskContext
from tests.support.executions.bench import Bench, failing
from tests.support.plans import plan_of, task


def set_task(name: str, **fields: Any) -> Any:
    return task(name, **{"properties": {"values": {}}, **fields})


def turns_of(bench: Bench) -> int:
    [(_, turns)] = bench.store.turns.values()
    return turns


def test_in_isolation_each_task_takes_a_turn():
    bench = Bench(plan_of(*map(set_task, "abc"), isolation="task"))

    answers = [bench.turn() for _ in range(3)]

    assert answers == ["continue", "continue", "done"]
    assert bench.now.status is Status.SUCCESS


@pytest.mark.timing
def test_in_isolation_independent_tasks_do_not_overlap():
    running = threading.Semaphore(1)
    overlaps: list[str] = []

    def alone(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        if not running.acquire(blocking=False):
            overlaps.append("overlap")
        running.release()
        return {}

    tasks = [task(name, type="t.alone", dependsOn=[]) for name in "abcd"]
    bench = Bench(plan_of(*tasks, isolation="task"), {"t.alone": alone})
    bench.run()

    assert turns_of(bench) == 4
    assert overlaps == []


def test_in_isolation_each_attempt_and_each_iteration_takes_a_turn():
    loop = task(
        "loop", type="flow.foreach", properties={"items": [1, 2, 3]}, tasks=[set_task("inner")]
    )
    flaky = task("flaky", type="t.fail", retry={"maxAttempts": 3}, allowFailure=True)
    bench = Bench(
        plan_of(loop, flaky, isolation="task", **{"finally": [set_task("last")]}),
        {"t.fail": failing()},
    )
    bench.run()

    assert bench.now.status is Status.SUCCESS
    assert turns_of(bench) == 3 + 3 + 1


def test_in_isolation_a_wait_takes_no_turn_of_its_own():
    tasks = [
        set_task("a"),
        task("pause", type="flow.wait", properties={"duration": "1h"}),
        set_task("c"),
    ]
    bench = Bench(plan_of(*tasks, isolation="task"))
    bench.run()

    assert turns_of(bench) == 2
    assert bench.now.status is Status.SUCCESS


def test_a_run_with_many_turns_is_changed_for_a_fresh_one():
    bench = Bench(plan_of(*(set_task(f"t{n}") for n in range(7)), isolation="task"), most_turns=3)

    ended = bench.run()

    assert ended.status is Status.SUCCESS
    assert ended.generation == 3
    assert bench.engine.started == [f"{ended.id}-2", f"{ended.id}-3"]
    assert [run.task_name for run in bench.store.written] == [f"t{n}" for n in range(7)]


def test_the_run_that_was_left_does_nothing_more():
    bench = Bench(plan_of(*map(set_task, "abcde"), isolation="task"), most_turns=3)
    for _ in range(3):
        bench.turn()

    assert bench.turn() == "done"
    assert bench.turn() == "done"

    assert bench.now.status is Status.RUNNING
    assert list(bench.runs) == ["a", "b", "c"]
    assert bench.turn(generation=2) == "continue"
    assert list(bench.runs) == ["a", "b", "c", "d"]


def test_a_cancel_wins_over_a_fresh_run():
    bench = Bench(plan_of(*map(set_task, "abc"), isolation="task"), most_turns=1)
    bench.turn()
    bench.store.terminate(bench.now, TerminationReason.CANCEL, check_at=bench.now.created_at)

    assert bench.turn() == "done"

    assert bench.engine.started == []
    assert bench.now.closing is TerminationReason.CANCEL
    assert bench.run().status is Status.CANCELLED
