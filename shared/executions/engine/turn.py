"""One turn of a segment: does what the board allows, records what settles, minds the time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from shared.executions.engine.containers import Rounds
from shared.executions.engine.context import Workbench
from shared.executions.engine.dispatcher import Doing
from shared.executions.engine.durable_tasks import Visits
from shared.executions.engine.recorder import BehindError
from shared.executions.engine.termination import Endings
from shared.executions.models import Closing
from shared.executions.scheduling.container_attempts import latest_runs, past_runs
from shared.executions.scheduling.retries import next_delay
from shared.executions.secrets import masking_of
from shared.executions.task_runs import Failure, TaskRun, TaskStatus
from shared.executions.tasks.flow_outputs import flow_outputs
from shared.expressions import references
from shared.flows.plans.plan import Section

LOOK_SECONDS = 1.0
"""How long a task may still start after the execution was taken away from this turn."""
SHORT = timedelta(seconds=1)
"""What is due sooner is waited for here; a Wait state is cheaper for anything longer."""


class Kind(Enum):
    """How a turn ended."""

    FINISHED = auto()
    OUT_OF_TIME = auto()
    WAITING = auto()
    PARKED = auto()
    NEXT_ATTEMPT = auto()
    OVERTAKEN = auto()


@dataclass(frozen=True)
class Verdict:
    """How a turn ended, and when something is due if it waits.

    `is_paused` when all that is unfinished waits for people.
    """

    kind: Kind
    due_at: datetime | None = None
    is_paused: bool = False


class OvertakenError(Exception):
    """A newer turn or generation holds the segment."""


class _DeadlineError(Exception):
    """The flow's time-out has fired."""


@dataclass(frozen=True)
class Bounds:
    """What a turn must mind.

    `deadline` is when the flow's time-out fires, `refusal` why none of its tasks may start,
    `remaining` tells the seconds that are left to the function, `is_ours` whether the execution
    still is, `close` notes why it ends early (False when it is not ours).
    """

    deadline: datetime | None
    refusal: Failure | None
    remaining: Callable[[], float]
    is_ours: Callable[[], bool]
    close: Callable[[Closing], bool]


class SegmentTurn:
    """The state of one turn; `error` is why the flow's own tasks failed, once that is known."""

    def __init__(self, work: Workbench, bounds: Bounds) -> None:
        self.work = work
        self.execution = work.execution
        self.error: Failure | None = None
        self._bounds = bounds
        self._board, self._threads, self._clocks = work.board, work.threads, work.clocks
        self._visits = Visits(work)
        self._endings = Endings(work, self._visits)
        self._rounds = Rounds(work, self._endings)
        self._doing = Doing(work, self._visits, self._rounds, bounds.remaining)
        self._looked_at = 0.0

    def run(self, recorded: Mapping[str, TaskRun]) -> Verdict:
        """Go on from what is recorded until everything is settled or the turn must end."""
        latest = latest_runs(self._board, recorded)
        for run in past_runs(latest, recorded):
            self.work.recorder.count(run)
        for run in latest.values():
            self.work.recorder.adopt(run)
        self._looked_at = self._clocks.monotonic()
        try:
            return self._run()
        except OvertakenError:
            return Verdict(Kind.OVERTAKEN)
        except BehindError:
            return Verdict(Kind.OUT_OF_TIME)

    def _run(self) -> Verdict:
        verdict = self._run_main()
        if verdict:
            return verdict
        if self.error and self.execution.closing is not Closing.CANCEL:
            self.work.scopes.error = self.error
            verdict = self._section("errors")
        else:
            self.work.recorder.left_out("errors")
        return verdict or self._section("finally") or Verdict(Kind.FINISHED)

    def _run_main(self) -> Verdict | None:
        """The flow's own tasks, or their early end; None when they are over."""
        if self.execution.closing is None and self._bounds.refusal:
            self.error = self._bounds.refusal
            return None
        if self.execution.closing is None:
            try:
                verdict = self._section("main")
            except _DeadlineError:
                self._close(Closing.TIMEOUT)
            else:
                self.error = self._board.first_failure("main")
                if self.error is None and verdict is None:
                    self.error = self._wrong_outputs()
                return verdict or self._next_attempt()
        self._endings.end_all(self.execution.closing)
        self.error = self._endings.why(self.execution.closing)
        return None

    def _wrong_outputs(self) -> Failure | None:
        """Why the flow's outputs cannot be rendered, where tasks of `errors` are to hear of it.

        Outputs that read what comes later are rendered at the end only.
        """
        plan, work = self.work.plan, self.work
        later = {planned.task.name for planned in plan.tasks if planned.section != "main"}
        if not self._board.list_of("errors", None) or later & references(plan.outputs).reads:
            return None
        scope = work.scopes.for_outputs(now=work.recorder.settled_at())
        _, failure = flow_outputs(plan.outputs, scope, masking_of(self.execution))
        return failure and failure.model_copy(update={"status": TaskStatus.FAILED.value})

    def _next_attempt(self) -> Verdict | None:
        policy, execution = self.work.plan.retry, self.work.execution
        if self.error is None or policy is None:
            return None
        now = self._clocks.now()
        delay = next_delay(
            policy,
            self.error,
            attempt=execution.attempt,
            elapsed=now - (execution.started_at or now),
            seed=execution.id,
        )
        if delay is None:
            return None
        # The flow's time may be over before: the attempt begins then, and ends it.
        return Verdict(Kind.NEXT_ATTEMPT, min(now + delay, self._bounds.deadline or now + delay))

    def _close(self, closing: Closing) -> None:
        if not self._bounds.close(closing):
            raise OvertakenError
        self.execution = self.execution.model_copy(update={"closing": closing})

    def _section(self, section: Section) -> Verdict | None:
        """Run one chain of tasks; None when all of it is settled.

        The flow's time-out ends tasks of its own. Once those are over it has nothing to end: turns
        that come later for `errors` and `finally` find them over too.
        """
        is_main = section == "main"
        while not self._board.is_finished(section):
            self._check(is_main=is_main)
            due_at = self._advance(section)
            if self._threads.has_active:
                self._await_result(due_at, is_main=is_main)
            elif self._board.is_finished(section):
                break
            elif self._doing.is_held_back or (due_at is None and not self._visits.has_open):
                return Verdict(Kind.OUT_OF_TIME)
            elif self._visits.has_open:
                return self._park(due_at, is_main=is_main)
            elif due_at is not None:
                verdict = self._wait_for(due_at, is_main=is_main)
                if verdict:
                    return verdict
        return None

    def _check(self, *, is_main: bool) -> None:
        """Mind the deadline; look once a second whether the execution is still ours."""
        deadline = self._bounds.deadline
        if is_main and deadline and self._clocks.now() >= deadline:
            raise _DeadlineError
        if self._clocks.monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = self._clocks.monotonic()
        if not self._bounds.is_ours():
            raise OvertakenError

    def _until(self, due_at: datetime | None, *, is_main: bool) -> datetime | None:
        """When to look again: something is due, or the flow's time is over."""
        moments = [due_at, self._bounds.deadline if is_main else None]
        return min((moment for moment in moments if moment), default=None)

    def _park(self, due_at: datetime | None, *, is_main: bool) -> Verdict:
        is_paused = all(
            run.status is TaskStatus.PAUSED or run.status.is_terminal
            for key, run in self._board.runs.items()
            if key not in self._board.entered
        )
        return Verdict(Kind.PARKED, self._until(due_at, is_main=is_main), is_paused=is_paused)

    def _wait_for(self, due_at: datetime, *, is_main: bool) -> Verdict | None:
        until = self._until(due_at, is_main=is_main) or due_at
        pause = until - self._clocks.now()
        if pause > SHORT:
            return Verdict(Kind.WAITING, until)
        self._clocks.sleep(max(0.0, pause.total_seconds()))
        return None

    def _advance(self, section: Section) -> datetime | None:
        """Do whatever needs no waiting; when the next thing is due, if something waits."""
        while True:
            self._threads.raise_failure()
            self._doing.is_held_back = False
            is_changed = self._rounds.end_late()
            due = self._rounds.limits
            for action in self._board.actions(section):
                if self._threads.is_active(action.node.key):
                    continue
                # A loop may start thousands of executions in one go: a cancel must not wait for it.
                self._check(is_main=section == "main")
                is_changed = self._doing.do(action, due) or is_changed
            if not is_changed:
                return min(due, default=None)

    def _await_result(self, due_at: datetime | None, *, is_main: bool) -> None:
        """Record the next result; give up on what is past its deadline."""
        until = self._until(due_at, is_main=is_main)
        patience = LOOK_SECONDS
        if until:
            patience = min(patience, (until - self._clocks.now()).total_seconds())
        result = self._threads.next_result(max(0.0, patience))
        if result:
            self._doing.record(result)
            return
        now = self._clocks.monotonic()
        for active in self._threads.give_up(lambda each: each.deadline <= now):
            self._doing.record_late(active)
