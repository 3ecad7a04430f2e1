"""One turn of a segment: the scheduler's actions done, settled tasks recorded, in time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from shared.executions.engine.context import TurnContext
from shared.executions.engine.dispatcher import Dispatcher
from shared.executions.engine.recorder import FencedError, StaleReadError
from shared.executions.engine.termination import Termination
from shared.executions.models import TerminationReason
from shared.executions.scheduling.container_attempts import latest_runs, past_runs
from shared.executions.scheduling.retries import next_delay
from shared.executions.task_runs import Failure, TaskRun, TaskStatus
from shared.executions.tasks.flow_outputs import flow_outputs
from shared.executions.termination_failure import end_status
from shared.expressions import references
from shared.flows.plans.plan import Section

LOOK_SECONDS = 1.0
"""The seconds in which a task may still start after the execution was taken from this turn."""
SHORT = timedelta(seconds=1)
"""The longest wait inside the function; for anything longer a Wait state is cheaper."""


class TurnEnd(Enum):
    """The ways in which a turn ends."""

    FINISHED = auto()
    OUT_OF_TIME = auto()
    WAITING = auto()
    SUSPENDED = auto()
    NEXT_ATTEMPT = auto()
    FENCED = auto()


@dataclass(frozen=True)
class TurnResult:
    """The result of a turn: its end, and when something is due if it waits.

    `is_paused` when all that is unfinished waits for people.
    """

    kind: TurnEnd
    due_at: datetime | None = None
    is_paused: bool = False


class _DeadlineError(Exception):
    """The flow's time-out has fired."""


@dataclass(frozen=True)
class TurnLimits:
    """The limits of a turn.

    At `deadline` the flow times out; with a `refusal` none of its tasks may start; `remaining`
    returns the seconds left to the function; `is_ours` tells whether the turn still has the
    execution; `terminate` records why it ends early (False when the turn no longer has it).
    """

    deadline: datetime | None
    refusal: Failure | None
    remaining: Callable[[], float]
    is_ours: Callable[[], bool]
    terminate: Callable[[TerminationReason], bool]


class SegmentTurn:
    """The state of one turn; `error` is why the flow's own tasks failed, once that is known."""

    def __init__(self, context: TurnContext, limits: TurnLimits) -> None:
        self.context = context
        self.execution = context.execution
        self.error: Failure | None = None
        self._limits = limits
        self._scheduler, self._threads, self._clocks = (
            context.scheduler,
            context.threads,
            context.clocks,
        )
        self._dispatcher = Dispatcher(context, limits.remaining)
        self._termination = Termination(context, self._dispatcher)
        self._looked_at = 0.0

    def run(self, recorded: Mapping[str, TaskRun]) -> TurnResult:
        """Go on from what is recorded until everything is settled or the turn must end."""
        latest = latest_runs(self._scheduler, recorded)
        for run in past_runs(latest, recorded):
            self.context.recorder.count(run)
        for run in latest.values():
            self.context.recorder.apply(run)
        for run in recorded.values():
            self.context.recorder.count_passed(run)
        self._looked_at = self._clocks.monotonic()
        try:
            return self._run()
        except FencedError:
            return TurnResult(TurnEnd.FENCED)
        except StaleReadError:
            return TurnResult(TurnEnd.OUT_OF_TIME)

    def _run(self) -> TurnResult:
        result = self._run_main()
        if result:
            return result
        status = end_status(self.execution.closing, self.error)
        self.context.scopes.end_main(status, self.error)
        if self.error and self.execution.closing is not TerminationReason.CANCEL:
            result = self._section("errors")
        else:
            self.context.recorder.left_out("errors")
        return result or self._section("finally") or TurnResult(TurnEnd.FINISHED)

    def _run_main(self) -> TurnResult | None:
        """Run the flow's own tasks, or end them early; None when they are over."""
        if self.execution.closing is None and self._limits.refusal:
            self.error = self._limits.refusal
            return None
        if self.execution.closing is None:
            try:
                result = self._section("main")
            except _DeadlineError:
                self._terminate(TerminationReason.TIMEOUT)
            else:
                self.error = self._scheduler.first_failure("main")
                if self.error is None and result is None:
                    self.error = self._wrong_outputs()
                return result or self._next_attempt()
        self._termination.of_execution(self.execution.closing)
        self.error = self._termination.failure(self.execution.closing)
        return None

    def _wrong_outputs(self) -> Failure | None:
        """Return why the flow's outputs cannot be rendered, if later tasks are to hear of it.

        Outputs that read what comes later are rendered at the end only.
        """
        plan, context = self.context.plan, self.context
        later = [planned for planned in plan.tasks if planned.section != "main"]
        is_asked = any(planned.section == "errors" or planned.reads_ends for planned in later)
        names = {planned.task.name for planned in later}
        if not is_asked or names & references(plan.outputs).reads:
            return None
        scope = context.scopes.for_outputs(now=context.recorder.settled_at())
        _, failure = flow_outputs(plan.outputs, scope, context.masking)
        return failure and failure.model_copy(update={"status": TaskStatus.FAILED.value})

    def _next_attempt(self) -> TurnResult | None:
        policy, execution = self.context.plan.retry, self.context.execution
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
        return TurnResult(
            TurnEnd.NEXT_ATTEMPT, min(now + delay, self._limits.deadline or now + delay)
        )

    def _terminate(self, reason: TerminationReason) -> None:
        if not self._limits.terminate(reason):
            raise FencedError
        self.execution = self.execution.model_copy(update={"closing": reason})

    def _section(self, section: Section) -> TurnResult | None:
        """Run one chain of tasks; None when all of it is settled.

        The flow's time-out ends tasks of its own. Once those are over it has nothing to end: turns
        that come later for `errors` and `finally` find them over too.
        """
        is_main = section == "main"
        while not self._scheduler.is_finished(section):
            self._check(is_main=is_main)
            due_at = self._advance(section)
            if self._dispatcher.inline.is_open:
                self._await_result(due_at, is_main=is_main)
            elif self._scheduler.is_finished(section):
                break
            elif self._dispatcher.budget.has_deferred or (
                due_at is None and not self._dispatcher.is_open
            ):
                return TurnResult(TurnEnd.OUT_OF_TIME)
            elif self._dispatcher.is_open:  # outside: in threads nothing is, at this point
                return self._suspend(due_at, is_main=is_main)
            elif due_at is not None:
                result = self._wait_for(due_at, is_main=is_main)
                if result:
                    return result
        return None

    def _check(self, *, is_main: bool) -> None:
        """Check the deadline, and once a second whether the execution is still ours."""
        deadline = self._limits.deadline
        if is_main and deadline and self._clocks.now() >= deadline:
            raise _DeadlineError
        if self._clocks.monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = self._clocks.monotonic()
        if not self._limits.is_ours():
            raise FencedError

    def _until(self, due_at: datetime | None, *, is_main: bool) -> datetime | None:
        """Return when to look again: something is due, or the flow's time is over."""
        moments = [due_at, self._limits.deadline if is_main else None]
        return min((moment for moment in moments if moment), default=None)

    def _suspend(self, due_at: datetime | None, *, is_main: bool) -> TurnResult:
        is_paused = all(
            run.status is TaskStatus.PAUSED or run.status.is_terminal
            for key, run in self._scheduler.runs.items()
            if not self._scheduler.is_open(key)
        )
        return TurnResult(
            TurnEnd.SUSPENDED, self._until(due_at, is_main=is_main), is_paused=is_paused
        )

    def _wait_for(self, due_at: datetime, *, is_main: bool) -> TurnResult | None:
        until = self._until(due_at, is_main=is_main) or due_at
        pause = until - self._clocks.now()
        if pause > SHORT:
            return TurnResult(TurnEnd.WAITING, until)
        self._clocks.sleep(max(0.0, pause.total_seconds()))
        return None

    def _advance(self, section: Section) -> datetime | None:
        """Do whatever needs no waiting; return when the next thing is due, if something waits."""
        while True:
            self._threads.raise_failure()
            self._dispatcher.budget.has_deferred = False
            is_changed = self._dispatcher.containers.expire(self._termination.of_container)
            due = self._dispatcher.containers.limits
            for action in self._scheduler.next_actions(section):
                if self._threads.is_active(action.instance.key):
                    continue
                # A loop may start thousands of executions in one go: a cancel must not wait for it.
                self._check(is_main=section == "main")
                is_changed = self._dispatcher.dispatch(action, due) or is_changed
            if not is_changed:
                return min(due, default=None)

    def _await_result(self, due_at: datetime | None, *, is_main: bool) -> None:
        """Wait for the next result of a thread, at most until something else is to be done."""
        until = self._until(due_at, is_main=is_main)
        patience = LOOK_SECONDS
        if until:
            patience = min(patience, (until - self._clocks.now()).total_seconds())
        self._dispatcher.inline.collect(max(0.0, patience))
