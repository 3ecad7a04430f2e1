"""The reconciler of open executions: it starts, resumes or ends those that got stuck (ADR 6).

Step Functions' status-change events are hints, for they may be lost; the index of open executions
is the truth, and every look can be repeated.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache

from shared.executions.lifecycle.concurrency import Promoter, promoter
from shared.executions.models import Execution, Slot, Status, TerminationReason
from shared.executions.orchestration.state_machine import (
    RunStatus,
    StateMachine,
    run_name,
    state_machine,
)
from shared.executions.orchestration.wakeups import Waker, waker
from shared.executions.store.inputs import expire_inputs
from shared.executions.store.payloads import PayloadStore, payload_store
from shared.executions.store.repository import ExecutionRepository, execution_repository
from shared.executions.store.snapshots import DueExecution, DueGroup, End, ExecutionState
from shared.executions.termination_failure import MAX_STALLS, termination_failure
from shared.times import utc_now

MAX_PAUSE = timedelta(minutes=15)
MAX_PARK = timedelta(hours=1)
"""The time between checks of a suspended execution, in case the run behind it is gone."""
SHORTEST_PAUSE = timedelta(minutes=1)
STALL_PAUSES = (timedelta(0), timedelta(minutes=1), timedelta(minutes=1))
"""The pauses after generations that recorded nothing, one each: a bad deploy needs mending."""


class Action(StrEnum):
    """The action taken by one check."""

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
    engine: StateMachine
    waker: Waker
    promoter: Promoter
    payloads: PayloadStore
    now: Callable[[], datetime]

    def overdue(self) -> Iterable[DueExecution | DueGroup]:
        return self.executions.overdue(now=self.now())

    def all_open(self) -> Iterable[DueExecution | DueGroup]:
        return self.executions.overdue(now=None)

    def reconcile(self, tenant: str, execution_id: str) -> Action:
        """Compare one execution with the run behind it, and mend the difference.

        Most looks find nothing to do: only what is resumed is read with all its task runs.
        """
        return self._reconcile(self.executions.find(tenant, execution_id))

    def reconcile_after(self, tenant: str, execution_id: str, run: str) -> Action:
        """Reconcile because the run of this name ended; one that was replaced costs a read."""
        execution = self.executions.find(tenant, execution_id)
        if execution is None or run_name(execution) != run:
            return Action.NOTHING
        return self._reconcile(execution)

    def promote_group(self, line: str) -> Action:
        """Admit whom a crash left waiting beside a free slot."""
        return Action.PROMOTED if self.promoter.watch(line) else Action.WAITED

    def _reconcile(self, execution: Execution | None) -> Action:
        if execution is None:
            return Action.NOTHING
        if execution.status.is_terminal:
            return self._after_end(execution)
        if execution.slot and execution.slot.waiting:
            return self._await_slot(execution, execution.slot)
        run = self.engine.describe(execution)
        if run is RunStatus.RUNNING:
            return self._check_run(execution)
        if run is RunStatus.ABSENT:
            # The next look is put off first, and not for long, for the start may fail.
            self.executions.postpone_check(execution, at=self.now() + SHORTEST_PAUSE)
            self.engine.start(execution)
            return Action.STARTED
        return self._mend(execution)

    def _after_end(self, execution: Execution) -> Action:
        """Do what comes after an end, in case the run that wrote it died before it could."""
        if execution.parent:
            self.waker.wake(execution.tenant, execution.parent.execution_id)
        if execution.slot and self.promoter.promote(execution.slot.line):
            return Action.PROMOTED
        return Action.NOTHING

    def _await_slot(self, execution: Execution, slot: Slot) -> Action:
        """Check rarely on an execution whose concurrency group the reconciler checks."""
        is_watched = self.promoter.is_watched(slot.line)
        pause = MAX_PARK if is_watched else SHORTEST_PAUSE
        self.executions.postpone_check(execution, at=self.now() + pause)
        if not is_watched and self.promoter.promote(slot.line):
            return Action.PROMOTED
        return Action.WAITED

    def _check_run(self, execution: Execution) -> Action:
        """Check on a run that goes on; wake a suspended one when something in it is due."""
        now = self.now()
        if not execution.is_parked:
            self._put_off(execution)
            return Action.WAITED
        if execution.wake_at and execution.wake_at <= now:
            self.executions.postpone_check(execution, at=now + SHORTEST_PAUSE)
            is_woken = self.waker.wake(execution.tenant, execution.id)
            if is_woken or now - execution.wake_at < SHORTEST_PAUSE:
                return Action.WOKEN
            return self._restart_run(execution)
        if not self.waker.can_wake(execution.tenant, execution.id):
            return self._restart_run(execution)
        self.executions.postpone_check(
            execution, at=min(execution.wake_at or now + MAX_PARK, now + MAX_PARK)
        )
        return Action.WAITED

    def _restart_run(self, execution: Execution) -> Action:
        """Stop a run that nobody can wake, for its token was lost: the next one suspends anew."""
        self.engine.stop(execution)
        return Action.STOPPED

    def _put_off(self, execution: Execution) -> None:
        now = self.now()
        age = now - execution.created_at
        pause = min(max(age, SHORTEST_PAUSE), MAX_PAUSE)
        self.executions.postpone_check(execution, at=now + pause)

    def _mend(self, seen: Execution) -> Action:
        """Read what was recorded, for the run is over; it may have ended the execution first."""
        state = self.executions.load(seen.tenant, seen.id, has_outputs=False)
        if state is None or state.execution.generation != seen.generation:
            return Action.NOTHING  # gone, or moved meanwhile: that run is not the one that ended
        if state.execution.status.is_terminal:
            return self._after_end(state.execution)
        return self._resume(state)

    def _resume(self, state: ExecutionState) -> Action:
        execution, records = state.execution, len(state.runs)
        now = self.now()
        has_progress = records > execution.records_seen or _is_at_rest(state, now)
        stalls = 0 if has_progress else execution.stalls + 1
        if stalls >= MAX_STALLS:
            return self._fail(state) if execution.closing else self._abort(execution)
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

    def _abort(self, execution: Execution) -> Action:
        """Mark it terminating: a new generation runs none of its tasks and ends it by the rules."""
        check_at = self.now() + SHORTEST_PAUSE
        if not self.executions.terminate(
            execution, TerminationReason.ENGINE_ERROR, check_at=check_at
        ):
            return Action.NOTHING
        self._start_next(execution)
        return Action.BROKEN_OFF

    def _fail(self, state: ExecutionState) -> Action:
        """End it here and now: the engine dies of settling it, too."""
        error = termination_failure(TerminationReason.ENGINE_ERROR)
        is_cancelled = state.execution.closing is TerminationReason.CANCEL
        status = Status.CANCELLED if is_cancelled else Status.FAILED
        end = End(status, state.tasks_executed, error=error)
        now = self.now()
        if not self.executions.finish(state.execution, end, now=now):
            return Action.NOTHING
        self._after_end(state.execution)
        # Not before: one that is cancelled in between may still read them for long.
        self._let_objects_go(state, now)
        return Action.FAILED

    def _let_objects_go(self, state: ExecutionState, now: datetime) -> None:
        expire_inputs(self.payloads, state.execution, now)
        recorded = (*state.earlier, *state.runs.values())
        self.payloads.expire_all(state.execution, (run.stored for run in recorded), now=now)


def _is_at_rest(state: ExecutionState, now: datetime) -> bool:
    """Tell whether the run had nothing left to do but wait.

    If it took a second turn while a task was waiting, its first died of something else: False.
    """
    if state.execution.is_parked:
        return True
    if state.turns - state.execution.turns_before > 1:
        return False
    waiting = (run.due_at for run in state.runs.values() if not run.status.is_terminal)
    moments = (state.execution.due_at, *waiting)
    return any(due and due > now for due in moments)


def _is_early(execution: Execution, now: datetime) -> bool:
    """Tell whether a hint came before the execution's pause after a stall was over."""
    return execution.check_at is not None and now < execution.check_at


@cache
def reconciler() -> Reconciler:
    return Reconciler(
        executions=execution_repository(),
        waker=waker(),
        engine=state_machine(),
        promoter=promoter(),
        payloads=payload_store(),
        now=utc_now,
    )
