"""Turns of a segment: order, overlap, time-outs, crashes, and who holds the segment."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.executions.models import Parent, Status
from shared.executions.task_runs import TaskRun, TaskStatus
from shared.observability import logger
from shared.plugins.sdk.plugin import TaskContext
from tests.support.executions.bench import Abandoned, Bench, error_of
from tests.support.executions.segments import park
from tests.support.plans import plan_of, task
from tests.support.slow_plugins import PATIENCE_SECONDS, Lingering, stuck


def test_a_flow_runs_in_one_turn_and_ends():
    bench = Bench(
        plan_of(
            task("a", properties={"values": {"x": 1}}),
            task("b"),
            outputs={"x": "{{ outputs.a.x }}"},
        )
    )

    assert bench.turn() == "done"

    assert bench.statuses() == {"a": "SUCCESS", "b": "FAILED"}
    assert bench.now.status is Status.FAILED


@pytest.mark.timing
def test_independent_tasks_overlap():
    barrier = threading.Barrier(3, timeout=PATIENCE_SECONDS)

    def meet(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        barrier.wait()
        return {}

    tasks = [task(name, type="t.meet", dependsOn=[]) for name in "abc"]
    bench = Bench(plan_of(*tasks), {"t.meet": meet})

    assert bench.turn() == "done"
    assert bench.now.status is Status.SUCCESS


def test_a_dependent_starts_only_once_its_predecessor_is_recorded():
    seen: list[set[str]] = []
    bench: Bench

    def look(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        seen.append(set(bench.runs))
        return {}

    tasks = [task(name, type="t.look") for name in "abc"]
    bench = Bench(plan_of(*tasks), {"t.look": look})
    bench.turn()

    assert seen == [set(), {"a"}, {"a", "b"}]


def test_an_error_in_a_condition_names_it():
    bench = Bench(plan_of(task("a", when="{{ inputs.nope }}")))
    bench.turn()

    assert error_of(bench, "a")[1].startswith("template error in when: ")


def test_out_of_time_the_turn_asks_to_go_on_and_the_next_one_does():
    tasks = [task(name, properties={"values": {}}) for name in "abc"]
    bench = Bench(plan_of(*tasks))

    assert bench.turn(remaining=lambda: 30.0) == "continue"
    assert bench.statuses() == {"a": "SUCCESS"}
    assert bench.turn(remaining=lambda: 30.0) == "continue"
    assert bench.turn() == "done"

    assert bench.now.status is Status.SUCCESS
    assert [run.task_name for run in bench.store.written] == ["a", "b", "c"]


@pytest.mark.timing
def test_a_task_may_not_outlast_its_invocation():
    bench = Bench(plan_of(task("a", type="t.slow")), {"t.slow": Lingering("a")})

    bench.turn(remaining=lambda: 20.5)

    assert bench.statuses() == {"a": "TIMED_OUT"}


def test_a_turn_goes_on_from_what_is_recorded():
    calls: list[str] = []

    def note(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        calls.append(properties["n"])
        return {"n": properties["n"]}

    plan = plan_of(
        task("a", type="t.note", properties={"n": "a"}),
        task("b", type="t.note", properties={"n": "{{ outputs.a.n }}b"}),
    )
    bench = Bench(plan, {"t.note": note})
    earlier = TaskRun(
        task_name="a", task_type="t.note", status=TaskStatus.SUCCESS, outputs='{"n":"A"}', fence=1
    )
    bench.store.record(bench.execution, earlier)
    bench.turn()

    assert calls == ["Ab"]


def test_a_turn_of_an_earlier_generation_does_nothing():
    bench = Bench(plan_of(task("a", properties={"values": {}})), generation=2)

    assert bench.turn(generation=1) == "done"

    assert bench.runs == {}
    assert bench.now.status is Status.QUEUED


def test_a_turn_of_a_finished_execution_does_nothing():
    bench = Bench(plan_of(task("a", properties={"values": {}})), status="CANCELLED")

    assert bench.turn() == "done"
    assert bench.runs == {}


def test_an_end_whose_answer_was_lost_is_told_to_the_parent_all_the_same():
    """The client tries the write again, and that is refused: the end is there already."""
    bench = Bench(plan_of(task("a", properties={"values": {}})))
    parent = Parent(execution_id="01890000-0000-7000-8000-00000000000a", task_name="sub")
    child = bench.execution.model_copy(update={"parent": parent})
    bench.store.executions["default", child.id] = child
    park(bench.store, parent.execution_id, "token")
    finish = bench.store.finish

    def lose(*args: Any, **named: Any) -> bool:
        assert finish(*args, **named)
        return False

    bench.store.finish = lose  # type: ignore[method-assign]  # the answer that is lost
    assert bench.turn() == "done"

    assert bench.now.status is Status.SUCCESS
    assert bench.store.wakes["default", parent.execution_id, "main"] == 1


def test_a_turn_that_is_overtaken_leaves_the_field():
    bench: Bench

    def overtake(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        newer = TaskRun(task_name="a", task_type="t.x", status=TaskStatus.RUNNING, fence=1_000_002)
        bench.store.record(bench.execution, newer)
        return {}

    bench = Bench(plan_of(task("a", type="t.x"), task("b")), {"t.x": overtake})

    assert bench.turn() == "done"
    assert bench.statuses() == {"a": "RUNNING"}
    assert bench.now.status is Status.RUNNING


def test_the_loser_of_a_race_adopts_what_the_winner_recorded():
    bench: Bench

    def lose(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        winner = TaskRun(
            task_name="a", task_type="t.x", status=TaskStatus.SUCCESS, outputs='{"by":"winner"}'
        )
        bench.store.record(bench.execution, winner)
        return {"by": "loser"}

    plan = plan_of(task("a", type="t.x"), outputs={"by": "{{ outputs.a.by }}"})
    bench = Bench(plan, {"t.x": lose})
    bench.turn()

    assert bench.now.outputs == {"by": "winner"}


@pytest.mark.timing
def test_nothing_starts_later_than_a_second_after_the_execution_was_taken_away():
    bench: Bench
    started: list[str] = []

    def work(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        started.append(properties["n"])
        if properties["n"] == 2:
            now = datetime.now(UTC)
            bench.store.resume(bench.now, stalls=0, records=0, turns=0, check_at=now)
        bench.skip(0.3)
        return {}

    tasks = [task(f"t{n}", type="t.work", properties={"n": n}) for n in range(20)]
    bench = Bench(plan_of(*tasks), {"t.work": work}, ticks=False)

    assert bench.turn() == "done"

    assert len(started) <= 2 + 1 + 4
    assert bench.now.status is Status.RUNNING
    assert bench.store.looks <= 3


def test_a_flow_of_quick_tasks_never_looks_again():
    bench = Bench(plan_of(*(task(f"t{n}", properties={"values": {}}) for n in range(10))))
    bench.turn()

    assert bench.store.looks == 0
    assert bench.now.status is Status.SUCCESS


@pytest.mark.timing
def test_a_broken_store_lets_no_thread_live_on():
    plan = plan_of(
        task("a", dependsOn=[], properties={"values": {}}),
        task("b", type="t.slow", dependsOn=[]),
    )

    with stuck() as run:
        bench = Bench(plan, {"t.slow": run})
        bench.store.is_broken = True
        with pytest.raises(Abandoned):
            bench.turn()


def test_the_lines_of_a_turn_carry_the_request_id_of_the_start():
    Bench(plan_of(task("a", properties={"values": {}})), request_id="r-17").turn()

    assert logger.get_current_keys()["requestId"] == "r-17"
