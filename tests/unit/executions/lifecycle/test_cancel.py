"""Cancelling: who wins, what is settled, what still runs."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.errors import ExecutionFinishedError, ExecutionNotFoundError, UnavailableError
from shared.executions.lifecycle.cancel import Canceller
from shared.executions.models import Execution, Status, TerminationReason
from shared.plugins.sdk.plugin import TaskContext
from tests.support.executions.bench import Bench, failing
from tests.support.executions.step_functions import FakeEngine
from tests.support.plans import plan_of, task
from tests.support.slots import InMemorySlots

UNKNOWN = "01890000-0000-7000-8000-00000000dead"


def canceller(bench: Bench, engine: FakeEngine | None = None) -> Canceller:
    return Canceller(
        executions=bench.store,
        engine=engine or FakeEngine(),
        slots=InMemorySlots(bench.store),
        payloads=bench.payloads,
        wake=lambda _tenant, _parent: None,
        now=lambda: datetime.now(UTC),
    )


def cancel(bench: Bench, engine: FakeEngine | None = None) -> Execution:
    return canceller(bench, engine).cancel("default", bench.execution.id)


def test_a_cancel_moves_to_the_next_generation_and_stops_the_old_run():
    bench, engine = Bench(plan_of(task("a"))), FakeEngine()

    answered = cancel(bench, engine)

    assert answered.status is Status.QUEUED
    assert bench.now.closing is TerminationReason.CANCEL
    assert engine.stopped == [f"{bench.execution.id}-1"]
    assert engine.started == [f"{bench.execution.id}-2"]


def test_a_cancel_that_is_repeated_starts_the_same_generation_again():
    bench, engine = Bench(plan_of(task("a"))), FakeEngine()
    cancel(bench, engine)

    cancel(bench, engine)

    assert bench.now.generation == 2
    assert engine.stopped == [f"{bench.execution.id}-1"]
    assert set(engine.started) == {f"{bench.execution.id}-2"}


def test_what_has_ended_or_is_not_there_cannot_be_cancelled():
    bench = Bench(plan_of(task("a")))
    bench.run()

    with pytest.raises(ExecutionFinishedError):
        cancel(bench)
    for unknown in (UNKNOWN, "nonsense"):
        with pytest.raises(ExecutionNotFoundError):
            canceller(bench).cancel("default", unknown)


def test_an_engine_that_fails_does_not_undo_a_cancel():
    bench, engine = Bench(plan_of(task("a"))), FakeEngine()
    engine.error = ClientError({"Error": {"Code": "ThrottlingException"}}, "x")

    assert cancel(bench, engine).generation == 2
    assert bench.now.closing is TerminationReason.CANCEL


def test_a_cancel_that_keeps_losing_asks_to_come_again(monkeypatch: pytest.MonkeyPatch):
    bench = Bench(plan_of(task("a")))
    monkeypatch.setattr(bench.store, "terminate", lambda *_, **__: False)

    with pytest.raises(UnavailableError):
        cancel(bench)


def test_an_execution_that_never_began_ends_cancelled_with_its_finally():
    bench = Bench(
        plan_of(task("a"), task("b"), errors=[task("alarm")], **{"finally": [task("tidy", **SET)]})
    )
    cancel(bench)

    ended = bench.run()

    assert ended.status is Status.CANCELLED
    assert ended.error is not None
    assert ended.error.code == "cancelled"
    assert bench.statuses() == {"a": "CANCELLED", "tidy": "SUCCESS"}


SET: dict[str, Any] = {"properties": {"values": {"x": 1}}}


@pytest.mark.timing
def test_a_turn_that_runs_a_task_when_a_cancel_comes_starts_nothing_more():
    is_running, is_over = threading.Event(), threading.Event()

    def work(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        is_running.set()
        assert is_over.wait(10)
        return {}

    bench = Bench(plan_of(task("a", type="t.work"), task("b", runWhen="done")), {"t.work": work})
    old = threading.Thread(target=bench.turn)
    old.start()
    assert is_running.wait(10)
    cancel(bench)

    bench.turn(generation=2)
    is_over.set()
    old.join()

    assert bench.now.status is Status.CANCELLED
    assert bench.statuses() == {"a": "CANCELLED"}


def test_a_cancel_ends_a_retry_of_the_whole_that_waits():
    plan = plan_of(task("a", type="t.fail"), retry={"maxAttempts": 3, "delay": timedelta(hours=1)})
    bench = Bench(plan, {"t.fail": failing()})
    assert bench.turn() == "wait"
    cancel(bench)

    assert bench.turn(generation=2) == "done"
    assert bench.now.status is Status.CANCELLED


def test_a_cancel_ends_the_tasks_of_errors_that_wait():
    waiting = task("pause", type="flow.wait", properties={"duration": 3600})
    plan = plan_of(task("a", type="t.fail"), errors=[waiting])
    bench = Bench(plan, {"t.fail": failing()})
    assert bench.turn() == "wait"
    cancel(bench)

    assert bench.turn(generation=2) == "done"
    assert bench.now.status is Status.CANCELLED
    assert bench.statuses() == {"a": "FAILED", "pause": "CANCELLED"}


def test_an_end_that_comes_after_a_cancel_is_refused():
    bench = Bench(plan_of(task("a", type="t.cancel")), {"t.cancel": lambda *_: cancelling()})

    def cancelling() -> Mapping[str, Any]:
        cancel(bench)
        return {}

    bench.turn()
    statuses = [bench.now.status]
    bench.turn(generation=2)

    assert [*statuses, bench.now.status] == [Status.RUNNING, Status.CANCELLED]
    assert bench.statuses() == {"a": "SUCCESS"}


@pytest.mark.timing
def test_a_task_of_errors_that_runs_when_a_cancel_comes_stays_cancelled():
    is_running, is_over = threading.Event(), threading.Event()

    def work(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        is_running.set()
        assert is_over.wait(10)
        return {}

    plan = plan_of(task("a", type="t.fail"), errors=[task("alarm", type="t.work")])
    bench = Bench(plan, {"t.work": work, "t.fail": failing()})
    old = threading.Thread(target=bench.turn)
    old.start()
    assert is_running.wait(10)
    cancel(bench)

    bench.turn(generation=2)
    is_over.set()
    old.join()

    assert bench.now.status is Status.CANCELLED
    assert bench.statuses() == {"a": "FAILED", "alarm": "CANCELLED"}
