"""Looks after open executions: starts what did not start, resumes what died, ends what can't go on.

Step Functions' status-change events are hints, for they may be lost; the index of open executions
is the truth, and every look can be repeated.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.executions.lifecycle.concurrency import Promoter
from shared.executions.models import Closing, Execution, Slot, Status
from shared.executions.orchestration.state_machine import Engine, Run, run_name
from shared.executions.orchestration.wakeups import Waker
from shared.executions.store.repository import ExecutionRepository
from shared.executions.store.snapshots import End, ExecutionState, Overdue, OverdueLine
from shared.executions.task_runs import TaskStatus
from shared.executions.termination import MAX_STALLS, early_end

LONGEST_PAUSE = timedelta(minutes=15)
LONGEST_PARK = timedelta(hours=1)
"""A parked execution is looked at so often, in case the run behind it is gone."""
SHORTEST_PAUSE = timedelta(minutes=1)
STALL_PAUSES = (timedelta(0), timedelta(minutes=1), timedelta(minutes=1))
"""How long a generation that recorded nothing rests before the next: a bad deploy needs mending."""


class Action(StrEnum):
    """What a look did."""

    NOTHING = "nothing"
    STARTED = "started"
    WAITED = "waited"
    PROMOTED = "promoted"
    WOKEN = "woken"
    STOPPED = "stopped"
    RESUMED = "resumed"
    BROKEN_OFF = "broken_off"
    FAILED = "failed"


@dataclass(frozen=True)
class EndedRun:
    """A run that ended otherwise than by its own word, as a status-change event names it."""

    tenant: str
    execution_id: str
    name: str


@dataclass(frozen=True)
class Reconciler:
    executions: ExecutionRepository
    engine: Engine
    waker: Waker
    promoter: Promoter
    now: Callable[[], datetime]

    def overdue(self) -> Iterable[Overdue | OverdueLine]:
        return self.executions.overdue(now=self.now())

    def everything_open(self) -> Iterable[Overdue | OverdueLine]:
        return self.executions.overdue(now=None)

    def look(self, tenant: str, execution_id: str) -> Action:
        """Compare one execution with the run behind it, and mend the difference."""
        state = self.executions.load(tenant, execution_id, has_outputs=False)
        if state is None:
            return Action.NOTHING
        if state.execution.status.is_terminal:
            return self._hand_on(state.execution)
        slot = state.execution.slot
        if slot and slot.waiting:
            return self._stand_by(state.execution, slot)
        run = self.engine.look(state.execution)
        if run is Run.RUNNING:
            return self._watch(state.execution)
        if run is Run.ABSENT:
            # The next look is put off first, and not for long, for the start may fail.
            self.executions.look_again(state.execution, at=self.now() + SHORTEST_PAUSE)
            self.engine.start(state.execution)
            return Action.STARTED
        return self._resume(state)

    def look_after(self, tenant: str, execution_id: str, run: str) -> Action:
        """As `look`, because a run of this name has ended; one that was replaced costs a read."""
        execution = self.executions.find(tenant, execution_id)
        if execution is None or run_name(execution) != run:
            return Action.NOTHING
        return self.look(tenant, execution_id)

    def look_at_line(self, line: str) -> Action:
        """Admit whom a crash left waiting beside a free slot."""
        return Action.PROMOTED if self.promoter.watch(line) else Action.WAITED

    def _hand_on(self, execution: Execution) -> Action:
        """Do what comes after an end, in case the run that wrote it died before it could."""
        if execution.parent:
            self.waker.wake(execution.tenant, execution.parent.execution_id)
        if execution.slot and self.promoter.promote(execution.slot.line):
            return Action.PROMOTED
        return Action.NOTHING

    def _stand_by(self, execution: Execution, slot: Slot) -> Action:
        """One that waits needs no looks of its own once the line is looked at."""
        is_watched = self.promoter.is_watched(slot.line)
        pause = LONGEST_PARK if is_watched else SHORTEST_PAUSE
        self.executions.look_again(execution, at=self.now() + pause)
        if not is_watched and self.promoter.promote(slot.line):
            return Action.PROMOTED
        return Action.WAITED

    def _watch(self, execution: Execution) -> Action:
        """A run that goes on; one that is parked is woken when something in it is due."""
        now = self.now()
        if not execution.is_parked:
            self._put_off(execution)
            return Action.WAITED
        if execution.wake_at and execution.wake_at <= now:
            self.executions.look_again(execution, at=now + SHORTEST_PAUSE)
            is_woken = self.waker.wake(execution.tenant, execution.id)
            if is_woken or now - execution.wake_at < SHORTEST_PAUSE:
                return Action.WOKEN
            return self._replace(execution)
        if not self.waker.can_wake(execution.tenant, execution.id):
            return self._replace(execution)
        self.executions.look_again(
            execution, at=min(execution.wake_at or now + LONGEST_PARK, now + LONGEST_PARK)
        )
        return Action.WAITED

    def _replace(self, execution: Execution) -> Action:
        """Stop a run that nobody can wake, for its token was lost: the next one parks anew."""
        self.engine.stop(execution)
        return Action.STOPPED

    def _put_off(self, execution: Execution) -> None:
        now = self.now()
        age = now - execution.created_at
        pause = min(max(age, SHORTEST_PAUSE), LONGEST_PAUSE)
        self.executions.look_again(execution, at=now + pause)

    def _resume(self, state: ExecutionState) -> Action:
        execution, records = state.execution, len(state.runs)
        now = self.now()
        has_progress = records > execution.records_seen or _is_at_rest(state, now)
        stalls = 0 if has_progress else execution.stalls + 1
        if stalls >= MAX_STALLS:
            return self._give_up(state) if execution.closing else self._break_off(execution)
        if execution.stalls and not has_progress and _is_early(execution, now):
            return Action.WAITED
        pause = SHORTEST_PAUSE + STALL_PAUSES[stalls]
        moved = self.executions.resume(
            execution,
            stalls=stalls,
            records=records,
            turns=state.turns,
            check_at=now + pause,
        )
        if not moved:
            return Action.NOTHING
        self._start_next(execution)
        return Action.RESUMED

    def _start_next(self, execution: Execution) -> None:
        self.engine.start(execution.model_copy(update={"generation": execution.generation + 1}))

    def _break_off(self, execution: Execution) -> Action:
        """Have a generation that does none of what the others died of end it by its rules."""
        check_at = self.now() + SHORTEST_PAUSE
        if not self.executions.end_early(execution, Closing.ENGINE_ERROR, check_at=check_at):
            return Action.NOTHING
        self._start_next(execution)
        return Action.BROKEN_OFF

    def _give_up(self, state: ExecutionState) -> Action:
        """End it here and now: the engine dies of settling it, too."""
        error = early_end(Closing.ENGINE_ERROR)
        is_cancelled = state.execution.closing is Closing.CANCEL
        status = Status.CANCELLED if is_cancelled else Status.FAILED
        end = End(status, _executed(state), error=error)
        ended = self.executions.finish(state.execution, end, now=self.now())
        if ended:
            self._hand_on(state.execution)
        return Action.FAILED if ended else Action.NOTHING


def _is_at_rest(state: ExecutionState, now: datetime) -> bool:
    """Whether the run had nothing to do but wait: it had got as far as it could.

    One that took a second turn beside something that waits was tried again, for the first had died
    of something else.
    """
    if state.execution.is_parked:
        return True
    if state.turns - state.execution.turns_before > 1:
        return False
    waiting = (run.due_at for run in state.runs.values() if not run.status.is_terminal)
    moments = (state.execution.due_at, *waiting)
    return any(due and due > now for due in moments)


def _is_early(execution: Execution, now: datetime) -> bool:
    """A hint came before the execution's rest after a stall was over."""
    return execution.check_at is not None and now < execution.check_at


def _executed(state: ExecutionState) -> int:
    ends = {TaskStatus.SUCCESS, TaskStatus.FAILED, TaskStatus.TIMED_OUT}
    return len({run.task_name for run in state.runs.values() if run.status in ends})
