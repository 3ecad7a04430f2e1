"""Executions keep the same promises in their table and in the memory that stands for it."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from shared.executions.models import (
    Execution,
    Parent,
    SealedInputs,
    Slot,
    Status,
    TerminationReason,
    Trigger,
)
from shared.executions.store.repository import ExecutionRepository
from shared.executions.store.snapshots import (
    DueExecution,
    End,
    ExecutionState,
    Suspension,
    TurnFence,
)
from shared.executions.task_runs import (
    Cause,
    Failure,
    LogLine,
    PassedRounds,
    Stored,
    TaskRun,
    TaskStatus,
    row_key,
)
from shared.masking import MASK
from tests.support.clocks import SetClock
from tests.support.executions.repository import NOW, InMemoryExecutions, execution_of
from tests.support.plans import plan_of, task

if TYPE_CHECKING:
    from tests.support.tables import Tables

PLAN = plan_of(task("a"), task("b"))
LATER = NOW + timedelta(hours=1)
UNKNOWN = "01890000-0000-7000-8000-00000000ffff"
SUSPENSION = Suspension(is_paused=True, wake_at=LATER, check_at=LATER)
END = End(Status.SUCCESS, 2)
CANCEL, TIMEOUT = TerminationReason.CANCEL, TerminationReason.TIMEOUT

Change = Callable[[ExecutionRepository, Execution], Any]


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture(params=["table", "memory"])
def store(request: pytest.FixtureRequest, clock: SetClock) -> ExecutionRepository:
    if request.param == "memory":
        return InMemoryExecutions(now=clock)
    tables: Tables = request.getfixturevalue("tables")
    return ExecutionRepository(tables.table("EXECUTIONS_TABLE_NAME"), clock, lambda _seconds: None)


@pytest.fixture
def stored(store: ExecutionRepository) -> Execution:
    execution = execution_of(PLAN, checkAt=NOW)
    assert store.add(execution)
    return execution


def found(store: ExecutionRepository, execution: Execution) -> Execution:
    current = store.find(execution.tenant, execution.id)
    assert current
    return current


def loaded(store: ExecutionRepository, execution: Execution) -> ExecutionState:
    state = store.load(execution.tenant, execution.id)
    assert state
    return state


def a_run(name: str = "a", status: str = "SUCCESS", **fields: Any) -> TaskRun:
    return TaskRun(task_name=name, task_type="core.set", status=TaskStatus(status), **fields)


def suspend(store: ExecutionRepository, execution: Execution, fence: int = 1) -> bool:
    return store.suspend(execution, SUSPENSION, fence=fence)


def mark_running(store: ExecutionRepository, execution: Execution, fence: int = 1) -> Any:
    return store.mark_running(execution, fence=fence, now=NOW)


def next_attempt(store: ExecutionRepository, execution: Execution, fence: int = 1) -> bool:
    return store.next_attempt(execution, fence=fence, due_at=LATER)


def finish(store: ExecutionRepository, execution: Execution) -> bool:
    return store.finish(execution, END, now=NOW)


def terminate(store: ExecutionRepository, execution: Execution) -> bool:
    return store.terminate(execution, CANCEL, check_at=LATER)


def mark_terminating(store: ExecutionRepository, execution: Execution) -> bool:
    return store.mark_terminating(execution, TIMEOUT)


def resume(store: ExecutionRepository, execution: Execution) -> bool:
    return store.resume(execution, stalls=2, records=3, turns=4, check_at=LATER)


def continue_as_new(store: ExecutionRepository, execution: Execution) -> bool:
    return store.continue_as_new(execution, turns=4, records=3, check_at=LATER)


def postpone_check(store: ExecutionRepository, execution: Execution) -> bool:
    return store.postpone_check(execution, at=LATER)


FENCED = [suspend, mark_running, next_attempt]
MOVING = [terminate, resume, continue_as_new]
CHANGES = [*FENCED, *MOVING, finish, mark_terminating, postpone_check]


class TestExecutions:
    def test_what_was_added_is_found_as_it_was(self, store: ExecutionRepository):
        execution = execution_of(
            PLAN,
            requestId="request",
            checkAt=LATER,
            inputs={"n": 0.1, "password": MASK, "note": MASK},
            sealed=(
                SealedInputs(owner_id="another", value=b"\x00sealed\xff"),
                SealedInputs(owner_id="it", stored=Stored(key="k", size=7)),
            ),
            hasUncheckedInputs=True,
            retentionSeconds=60,
            mocks={"a": {"outputs": {"x": 1.5}}},
            slot=Slot(line="default#slots#f", limit=2),
            depth=3,
            parent=Parent(execution_id="p", task_name="call"),
            labels={"k": "v"},
            triggerType="webhook",
            trigger=Trigger(type="webhook", id="hook"),
            correlationId="order",
            retryOf=UNKNOWN,
            test=True,
        )

        assert store.add(execution)

        assert store.find("default", execution.id) == execution
        assert store.load("default", execution.id) == ExecutionState(execution, {}, [])

    def test_one_that_is_made_ended_is_found_so(self, store: ExecutionRepository):
        ended = execution_of(
            PLAN,
            status=Status.FAILED,
            error=Failure(code="concurrency_limit", message="too many"),
            finishedAt=NOW,
        )

        assert store.add(ended)

        assert found(store, ended) == ended
        assert list(store.overdue(now=None)) == []

    def test_the_first_of_one_id_stays(self, store: ExecutionRepository, stored: Execution):
        other = stored.model_copy(update={"flow_name": "other"})

        assert not store.add(other)
        assert not store.add(stored)
        assert found(store, stored) == stored

    def test_what_was_never_added_is_not_found(self, store: ExecutionRepository, stored: Execution):
        assert store.find("default", UNKNOWN) is None
        assert store.find("other", stored.id) is None
        assert store.load("default", UNKNOWN) is None

    @pytest.mark.parametrize("change", CHANGES)
    def test_an_execution_that_is_not_there_is_not_changed(
        self, change: Change, store: ExecutionRepository
    ):
        assert not change(store, execution_of(PLAN))
        assert store.find("default", execution_of(PLAN).id) is None

    @pytest.mark.parametrize("change", CHANGES)
    def test_an_execution_that_has_ended_stays_as_it_is(
        self, change: Change, store: ExecutionRepository, stored: Execution
    ):
        assert finish(store, stored)
        ended = found(store, stored)

        assert not change(store, stored)
        assert found(store, stored) == ended

    @pytest.mark.parametrize("change", CHANGES)
    @pytest.mark.parametrize("move", MOVING)
    def test_who_knows_an_earlier_generation_changes_nothing(
        self, move: Change, change: Change, store: ExecutionRepository, stored: Execution
    ):
        assert move(store, stored)
        moved = found(store, stored)

        assert moved.generation == stored.generation + 1
        assert not change(store, stored)
        assert found(store, stored) == moved
        assert change(store, moved)

    @pytest.mark.parametrize("change", FENCED)
    @pytest.mark.parametrize("newer", FENCED)
    def test_a_turn_that_was_overtaken_changes_nothing(
        self, newer: Any, change: Any, store: ExecutionRepository, stored: Execution
    ):
        assert newer(store, stored, fence=3)
        moved = found(store, stored)

        assert not change(store, stored, fence=2)
        assert found(store, stored) == moved
        assert change(store, stored, fence=3)
        assert change(store, stored, fence=4)

    def test_an_execution_starts_once(self, store: ExecutionRepository, stored: Execution):
        first = store.mark_running(stored, fence=1, now=NOW)
        again = store.mark_running(stored, fence=2, now=LATER)

        assert first == stored.model_copy(update={"status": Status.RUNNING, "started_at": NOW})
        assert again == first == found(store, stored)

    def test_what_waits_outside_is_parked_until_it_runs_again(
        self, store: ExecutionRepository, stored: Execution
    ):
        assert suspend(store, stored)
        parked = found(store, stored)
        assert (parked.status, parked.is_parked) == (Status.PAUSED, True)
        assert (parked.wake_at, parked.check_at) == (LATER, LATER)

        assert store.suspend(stored, Suspension(False, None, NOW), fence=1)
        parked = found(store, stored)
        assert (parked.status, parked.is_parked) == (Status.RUNNING, True)
        assert (parked.wake_at, parked.check_at) == (None, NOW)

        assert suspend(store, stored)
        assert mark_running(store, stored)
        running = found(store, stored)
        assert (running.status, running.is_parked, running.wake_at) == (
            Status.RUNNING,
            False,
            None,
        )

    def test_the_next_generation_is_not_parked(self, store: ExecutionRepository, stored: Execution):
        assert suspend(store, stored)
        assert resume(store, stored)

        moved = found(store, stored)
        assert (moved.is_parked, moved.wake_at) == (False, None)
        assert (moved.stalls, moved.records_seen, moved.turns_before) == (2, 3, 4)
        assert moved.check_at == LATER

    def test_a_fresh_run_forgets_the_stalls(self, store: ExecutionRepository, stored: Execution):
        assert resume(store, stored)
        assert store.continue_as_new(found(store, stored), turns=9, records=8, check_at=NOW)

        moved = found(store, stored)
        assert (moved.stalls, moved.records_seen, moved.turns_before) == (0, 8, 9)
        assert (moved.generation, moved.check_at) == (3, NOW)

    def test_what_is_ended_early_waits_for_nothing(
        self, store: ExecutionRepository, stored: Execution
    ):
        assert next_attempt(store, stored)
        assert suspend(store, stored)
        assert terminate(store, stored)

        moved = found(store, stored)
        assert (moved.due_at, moved.is_parked, moved.wake_at) == (None, False, None)
        assert (moved.closing, moved.stalls, moved.check_at) == (CANCEL, 0, LATER)

    def test_the_first_reason_to_end_stays_whoever_knows_of_it(
        self, store: ExecutionRepository, stored: Execution
    ):
        assert store.mark_terminating(stored, TIMEOUT)
        assert store.mark_terminating(stored, CANCEL)
        assert found(store, stored).closing is TIMEOUT

        assert terminate(store, stored)
        assert found(store, stored).closing is CANCEL

    def test_an_end_is_kept_as_it_was_told(self, store: ExecutionRepository, stored: Execution):
        error = Failure(code="x", message="m", task_name="a", status="FAILED", status_code=503)
        end = End(
            Status.FAILED,
            1,
            outputs={"x": 0.1},
            error=error.model_copy(update={"retry_after_seconds": 9.0}),
            stored_outputs=Stored(key="k", size=9),
        )

        assert store.finish(stored, end, now=LATER)

        expected = {
            "status": Status.FAILED,
            "tasks_executed": 1,
            "outputs": {"x": 0.1},
            "error": error,
            "stored_outputs": Stored(key="k", size=9),
            "finished_at": LATER,
            "check_at": None,
        }
        assert found(store, stored) == stored.model_copy(update=expected)

    def test_an_ended_execution_is_gone_when_its_time_is_over(
        self, store: ExecutionRepository, clock: SetClock
    ):
        execution = execution_of(PLAN, retentionSeconds=60)
        assert store.add(execution)
        assert store.record(execution, a_run())
        assert finish(store, execution)
        assert found(store, execution).expires_at == NOW.timestamp() + 60

        clock.at += timedelta(seconds=60)

        assert store.find("default", execution.id) is None
        assert store.load("default", execution.id) is None

    def test_moments_are_kept_to_the_millisecond(
        self, store: ExecutionRepository, stored: Execution
    ):
        assert store.postpone_check(stored, at=NOW + timedelta(microseconds=1_999))

        assert found(store, stored).check_at == NOW + timedelta(milliseconds=1)

    def test_what_is_open_is_due_by_its_time(self, store: ExecutionRepository):
        made = [
            execution_of(PLAN, id=f"01890000-0000-7000-8000-{n:012d}", checkAt=at)
            for n, at in enumerate([NOW, LATER, NOW, None])
        ]
        for each in made:
            assert store.add(each)
        assert finish(store, made[2])

        first, second = (DueExecution("default", each.id) for each in made[:2])
        assert list(store.overdue(now=NOW)) == [first]
        assert set(store.overdue(now=LATER)) == set(store.overdue(now=None)) == {first, second}
        assert list(store.overdue(now=NOW - timedelta(seconds=1))) == []


class TestTaskRuns:
    def test_a_task_run_is_read_as_it_was_recorded(
        self, store: ExecutionRepository, stored: Execution
    ):
        run = a_run(
            iteration="2.1",
            rounds="2",
            attempt=3,
            fence=7,
            blocked=True,
            logs=(
                LogLine(timestamp=NOW, level="INFO", message="one"),
                LogLine(timestamp=LATER, level="WARN", message="two", attempt=3),
            ),
            outputs='{"x":0.1}',
            stored=Stored(key="k", size=9),
            error=Failure(
                code="x",
                message="m",
                status_code=503,
                cause=Cause(code="y", message="n", status_code=429),
            ),
            iterations=3,
            started_at=NOW,
            finished_at=LATER,
            due_at=LATER,
            began_at=NOW,
        )

        assert store.record(stored, run) == run

        assert loaded(store, stored).runs == {"a@2#2.1": run}

    @pytest.mark.parametrize("attempt", [1, 2])
    def test_a_round_of_a_loop_is_read_by_itself_and_all_else_without_rounds(
        self, attempt: int, store: ExecutionRepository, stored: Execution
    ):
        passed = PassedRounds(count=2, output_bytes=7, log_bytes=9)
        loop = a_run("poll", status="RUNNING", passed=passed)
        now, past, inner = (
            a_run("see", iteration="2", rounds="2", round_of="poll#2"),
            a_run("see", iteration="20", round_of="poll#20"),
            a_run("deep", iteration="2.5", round_of="poll#2"),
        )
        if attempt > 1:
            assert store.next_attempt(stored, fence=1, due_at=NOW)
            stored = stored.model_copy(update={"attempt": attempt})
        for run in (loop, now, past, inner):
            assert store.record(stored, run) == run

        assert sorted(store.load_round(stored, "poll#2"), key=row_key) == [inner, now]
        assert store.load_round(stored, "poll#1") == []
        without = store.load("default", stored.id, has_rounds=False)
        assert without
        assert without.runs == {"poll": loop}
        assert set(loaded(store, stored).runs) == {"poll", "see@2#2", "see#20", "deep#2.5"}

    def test_rounds_of_earlier_attempts_of_the_whole_are_read_with_those(
        self, store: ExecutionRepository, stored: Execution
    ):
        run = a_run("see", iteration="0", round_of="poll#0")
        assert store.record(stored, run)
        assert store.next_attempt(stored, fence=1, due_at=NOW)

        assert loaded(store, stored).runs == {}
        assert list(loaded(store, stored).earlier) == [run]
        without = store.load("default", stored.id, has_rounds=False)
        assert without
        assert list(without.earlier) == []

    def test_advice_of_a_failure_is_not_recorded(
        self, store: ExecutionRepository, stored: Execution
    ):
        error = Failure(code="x", message="m", retry_after_seconds=9.0)
        assert store.record(stored, a_run(status="FAILED", error=error))

        recorded = loaded(store, stored).runs["a"].error

        assert recorded == Failure(code="x", message="m")

    @pytest.mark.parametrize("fence", [1, 2, 3])
    def test_what_is_settled_stays_and_is_told(
        self, fence: int, store: ExecutionRepository, stored: Execution
    ):
        first = a_run(fence=2)
        assert store.record(stored, first) == first

        assert store.record(stored, a_run(status="FAILED", fence=fence)) == first
        assert loaded(store, stored).runs == {"a": first}

    @pytest.mark.parametrize(("fence", "is_written"), [(1, False), (2, True), (3, True)])
    def test_what_is_open_belongs_to_the_newest_turn(
        self,
        fence: int,
        is_written: bool,  # noqa: FBT001 - a case
        store: ExecutionRepository,
        stored: Execution,
    ):
        waiting, settled = a_run(status="RETRYING", fence=2), a_run(fence=fence)
        assert store.record(stored, waiting) == waiting

        assert store.record(stored, settled) == (settled if is_written else None)
        assert loaded(store, stored).runs == {"a": settled if is_written else waiting}

    def test_a_further_attempt_of_the_whole_begins_without_task_runs(
        self, store: ExecutionRepository, stored: Execution
    ):
        assert store.record(stored, a_run("b"))
        assert store.record(stored, a_run("a"))
        assert next_attempt(store, stored)
        second = found(store, stored)
        assert (second.attempt, second.due_at) == (2, LATER)

        state = loaded(store, stored)
        assert state.runs == {}
        assert [run.task_name for run in state.earlier] == ["a", "b"]

        assert store.record(second, a_run("a", fence=9))
        state = loaded(store, stored)
        assert state.runs == {"a": a_run("a", fence=9)}
        assert [run.fence for run in state.earlier] == [0, 0]

    def test_a_turn_of_an_attempt_that_is_over_adds_nothing_to_the_next(
        self, store: ExecutionRepository, stored: Execution
    ):
        assert next_attempt(store, stored)

        assert store.record(stored, a_run("late"))

        state = loaded(store, stored)
        assert state.runs == {}
        assert [run.task_name for run in state.earlier] == ["late"]

    def test_an_attempt_that_is_refused_leaves_the_task_runs(
        self, store: ExecutionRepository, stored: Execution
    ):
        assert store.record(stored, a_run())
        assert mark_running(store, stored, fence=2)

        assert not next_attempt(store, stored, fence=1)

        assert loaded(store, stored).runs == {"a": a_run()}

    def test_executions_keep_their_task_runs_apart(
        self, store: ExecutionRepository, stored: Execution
    ):
        other = stored.model_copy(update={"id": UNKNOWN})
        assert store.add(other)
        assert store.record(stored, a_run("a"))
        assert store.record(other, a_run("b"))
        assert next_attempt(store, stored)

        assert list(loaded(store, other).runs) == ["b"]
        assert loaded(store, other).earlier == []
        assert [run.task_name for run in loaded(store, stored).earlier] == ["a"]

    def test_outputs_can_be_left_out(self, store: ExecutionRepository, stored: Execution):
        at = Stored(key="k", size=9)
        run = a_run(outputs='{"x":1}', logs=(LogLine(timestamp=NOW, level="INFO", message="m"),))
        large = a_run("b", stored=at)
        for each in (run, large):
            assert store.record(stored, each)
        assert next_attempt(store, stored)
        second = found(store, stored)
        for each in (run, large):
            assert store.record(second, each)
        end = End(Status.SUCCESS, 2, outputs={"x": 1}, stored_outputs=at)
        assert store.finish(second, end, now=NOW)

        whole = loaded(store, stored)
        bare = store.load("default", stored.id, has_outputs=False)

        none = {"outputs": None}
        assert whole.execution.outputs == {"x": 1}
        assert whole.runs["a"].outputs == '{"x":1}'
        assert bare == ExecutionState(
            whole.execution.model_copy(update=none),
            {"a": run.model_copy(update=none), "b": large},
            [run.model_copy(update=none), large],
        )


class TestSegments:
    """Of an execution whose row need not be there: the segment's row stands for itself."""

    def enter(self, store: ExecutionRepository, generation: int = 1) -> TurnFence | None:
        return store.enter_segment("default", UNKNOWN, generation=generation, path="main")

    def register(self, store: ExecutionRepository, entry: TurnFence) -> bool:
        return store.register_token("default", UNKNOWN, entry=entry, path="main", token="t")

    def wake(self, store: ExecutionRepository) -> str | None:
        return store.wake_segment("default", UNKNOWN, "main")

    def has_token(self, store: ExecutionRepository) -> bool:
        return store.has_token("default", UNKNOWN, "main")

    def test_turns_are_counted_over_all_generations(self, store: ExecutionRepository):
        assert self.enter(store) == TurnFence(1_000_001)
        assert self.enter(store) == TurnFence(1_000_002)
        assert self.enter(store, 3) == TurnFence(3_000_003)
        assert self.enter(store, 2) is None
        assert self.enter(store, 3) == TurnFence(3_000_004)

    def test_it_is_known_since_when_credentials_cannot_be_read(self, store: ExecutionRepository):
        self.enter(store)
        store.note_unread("default", UNKNOWN, "main", since=NOW)

        entry = self.enter(store, 2)
        assert entry
        assert entry.unread_since == NOW
        store.forget_unread("default", UNKNOWN, "main")
        entry = self.enter(store, 2)
        assert entry
        assert entry.unread_since is None

    def test_an_execution_knows_the_turns_it_took(
        self, store: ExecutionRepository, stored: Execution
    ):
        for generation in (1, 1, 2):
            store.enter_segment("default", stored.id, generation=generation, path="main")

        assert loaded(store, stored).turns == 3

    def test_a_token_is_kept_for_the_turn_that_asked(self, store: ExecutionRepository):
        entry = self.enter(store)
        assert entry
        assert not self.has_token(store)

        assert self.register(store, entry)
        assert self.has_token(store)
        assert self.wake(store) == "t"
        assert self.wake(store) == "t"

    def test_a_segment_that_nobody_entered_is_neither_woken_nor_parked(
        self, store: ExecutionRepository
    ):
        assert self.wake(store) is None
        assert not self.has_token(store)
        assert not self.register(store, TurnFence(1_000_001))

        entry = self.enter(store)

        assert entry == TurnFence(1_000_001, wakes=0)

    def test_a_token_comes_too_late_after_a_wake_up(self, store: ExecutionRepository):
        entry = self.enter(store)
        assert entry
        assert self.wake(store) is None

        assert not self.register(store, entry)
        assert not self.has_token(store)
        entry = self.enter(store)
        assert entry == TurnFence(1_000_002, wakes=1)
        assert self.register(store, entry)

    @pytest.mark.parametrize("generation", [1, 2])
    def test_a_token_comes_too_late_after_another_turn(
        self, generation: int, store: ExecutionRepository
    ):
        entry = self.enter(store)
        assert entry
        assert self.enter(store, generation)

        assert not self.register(store, entry)

    @pytest.mark.parametrize(("generation", "token"), [(1, None), (2, "t")])
    def test_a_turn_takes_the_token_away_and_is_told_that_of_an_earlier_generation(
        self, generation: int, token: str | None, store: ExecutionRepository
    ):
        entry = self.enter(store)
        assert entry
        assert self.register(store, entry)

        entered = self.enter(store, generation)

        assert entered
        assert entered.superseded_token == token
        assert not self.has_token(store)
        assert self.wake(store) is None

    def test_a_turn_that_is_past_takes_nothing_away(self, store: ExecutionRepository):
        entry = self.enter(store, 2)
        assert entry
        assert self.register(store, entry)

        assert self.enter(store, 1) is None

        assert self.wake(store) == "t"

    def test_segments_are_apart(self, store: ExecutionRepository):
        entry = self.enter(store)
        assert entry
        assert self.register(store, entry)

        other = store.enter_segment("default", UNKNOWN, generation=1, path="other")

        assert other == TurnFence(1_000_001)
        assert self.has_token(store)
        assert not store.has_token("default", UNKNOWN, "other")
