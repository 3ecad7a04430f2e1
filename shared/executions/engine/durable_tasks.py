"""The runner of durable tasks: gates, subflows, all that `TurnServices.durable_tasks` names.

`tasks/durable.py` says what each type of them offers, and why a poll may be repeated.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from shared.durations import format_duration
from shared.executions.engine.budget import TurnBudget
from shared.executions.engine.context import TaskKind, TurnContext
from shared.executions.engine.patience import PATIENCE, pause_after
from shared.executions.retention import expires_at
from shared.executions.scheduling.current_attempt import CurrentAttempt
from shared.executions.scheduling.nodes import TaskInstance
from shared.executions.task_runs import Failure, TaskRun, TaskStatus
from shared.executions.tasks.conditions import is_wanted
from shared.executions.tasks.durable import DurableState, NotNowError, Poll
from shared.executions.tasks.outcomes import Outcome, failure_of, serialised
from shared.executions.tasks.timeouts import MALFORMED, read_timeout
from shared.expressions import Scope, render_tree
from shared.plugins.sdk.plugin import PluginError

LOOK_SECONDS = 1.0
"""The seconds between polls of a durable task while something else runs."""

MAX_LIFE = timedelta(days=366)
"""The time that records outside outlive the attempt they belong to, before the retention begins."""


class DurableTaskRunner:
    """The runner of DURABLE tasks: somebody outside works on them, a turn asks how they stand.

    Begins, if the budget allows it, with the first poll, which records the task as open. Goes on
    with a poll in each turn, when something of it is due, and once a second while something else
    runs; each records what has changed, the last one the end. Nothing stays for such a task: the
    turn is suspended, and whoever ends the task wakes the execution. A cancel tells whoever works
    on it, unless the end came first: then that is recorded.
    """

    def __init__(self, context: TurnContext, budget: TurnBudget) -> None:
        self._context = context
        self._budget = budget
        self._polled_at: dict[str, float] = {}
        self._not_before: dict[str, datetime] = {}

    @property
    def is_open(self) -> bool:
        """True while a durable task waits for its end from outside; False between its attempts."""
        return any(
            run.task_type in self._context.durable_tasks
            and not run.status.is_terminal
            and run.status is not TaskStatus.RETRYING
            for run in self._context.scheduler.runs.values()
        )

    def advance(self, instance: TaskInstance, run: TaskRun | None, due: list[datetime]) -> bool:
        """Begin a task, or see how it stands; True if it has begun or ended.

        If it goes on, what is due of it goes into `due`.
        """
        not_before = self._not_before.get(instance.key)
        if not_before and not_before > self._context.clocks.now():
            due.append(not_before)
            return False
        if run is None and not self._may_begin():
            return False
        if run and not self._is_due(instance, run):
            due.extend([run.due_at] if run.due_at else [])
            return False
        try:
            due_at = self._poll(instance, run)
        except NotNowError:
            due_at = self._put_off(instance, run)
        due.extend([due_at] if due_at else [])
        recorded = self._context.run_of(instance)
        return recorded is not None and (run is None or recorded.status.is_terminal)

    def cancel(self, instance: TaskInstance, run: TaskRun | None) -> bool:
        """Tell whoever works on a task that it is over; True if its end came first."""
        this = self._context.attempt_of(instance, run)
        end = self._cancel_outside(instance, this, run)
        if end:
            self._context.recorder.progressed(
                instance, end, attempt=this.attempt, began_at=this.began_at
            )
        return end is not None

    def _cancel_outside(
        self, instance: TaskInstance, this: CurrentAttempt, run: TaskRun | None
    ) -> DurableState | None:
        task = instance.planned.task
        with suppress(*MALFORMED):  # what cannot be read was never begun
            scope = self._context.scope_of(instance, this)
            if run or is_wanted(task, scope):
                poll = self._poll_of(instance, this, scope)
                return self._context.durable_tasks[task.type].cancel(poll)
        return None

    def _may_begin(self) -> bool:
        """Tell whether this turn begins another task; a poll of one that has begun is short."""
        is_allowed = self._budget.allows(TaskKind.DURABLE)
        self._budget.take(TaskKind.DURABLE)
        return is_allowed

    def _poll(self, instance: TaskInstance, run: TaskRun | None) -> datetime | None:
        """Poll a task and record how it stands; return when something of it is due."""
        self._polled_at[instance.key] = self._context.clocks.monotonic()
        this = self._context.attempt_of(instance, run)
        scope = self._context.scope_of(instance, this)
        try:
            if run is None and not is_wanted(instance.planned.task, scope):
                self._context.recorder.skipped(instance, blocked=False)
                return None
            state = self._step(instance, this, scope)
        except MALFORMED as error:
            state = DurableState(TaskStatus.FAILED, error=failure_of(error, self._context.masking))
        return self._record(instance, this, state)

    def _record(
        self, instance: TaskInstance, this: CurrentAttempt, state: DurableState
    ) -> datetime | None:
        """Write how a task stands; return when something of it is due."""
        if state.status in {TaskStatus.FAILED, TaskStatus.TIMED_OUT}:
            return self._record_failure(instance, this, state)
        self._context.recorder.progressed(
            instance, state, attempt=this.attempt, began_at=this.began_at
        )
        return state.due_at

    def _record_failure(
        self, instance: TaskInstance, this: CurrentAttempt, state: DurableState
    ) -> datetime | None:
        """Settle a task that failed outside, or have it wait for its next attempt: return when."""
        try:
            outputs = None if state.outputs is None else serialised(state.outputs)
        except PluginError as error:
            outputs, state = None, replace(state, error=failure_of(error, self._context.masking))
        outcome = Outcome(state.status, outputs=outputs, error=state.error, logs=state.lines)
        self._keep_a_while(instance, outcome)
        told = self._context.with_error_line(outcome, this.attempt)
        return self._context.settle(instance, told, attempt=this.attempt, started_at=this.began_at)

    def _keep_a_while(self, instance: TaskInstance, outcome: Outcome) -> None:
        """Set the latest moment until which the records outside of this attempt are kept.

        The end of an execution sees to last attempts only. Whether this is one is not known yet:
        if it is, the end says it anew.
        """
        context, planned = self._context, instance.planned.task
        end = expires_at(context.execution, context.clocks.now())
        if end and planned.retry:
            run = TaskRun(
                task_name=instance.name,
                task_type=planned.type,
                status=outcome.status,
                outputs=outcome.outputs,
            )
            context.durable_tasks[planned.type].keep_until(context.execution, run, end + MAX_LIFE)

    def _put_off(self, instance: TaskInstance, run: TaskRun | None) -> datetime | None:
        """Return when to try again what could not be done now; fail it when that goes on for long.

        Nothing is recorded before: the moment from which it counts is when the task could begin.
        """
        this, now = self._context.attempt_of(instance, run), self._context.clocks.now()
        waited = now - this.began_at
        if waited < PATIENCE:
            self._not_before[instance.key] = now + pause_after(waited)
            return self._not_before[instance.key]
        message = "what it needs was out of reach for too long, try again"
        failure = Failure(code="unavailable", message=message)
        return self._record(instance, this, DurableState(TaskStatus.FAILED, error=failure))

    def _is_due(self, instance: TaskInstance, run: TaskRun) -> bool:
        """Tell whether a task is to be polled; between two attempts only what is due counts."""
        clocks = self._context.clocks
        is_time = run.due_at is not None and run.due_at <= clocks.now()
        if is_time or run.status is TaskStatus.RETRYING:
            return is_time
        polled_at = self._polled_at.get(instance.key)
        return polled_at is None or clocks.monotonic() - polled_at >= LOOK_SECONDS

    def _step(self, instance: TaskInstance, this: CurrentAttempt, scope: Scope) -> DurableState:
        """Begin a task or see how it stands; its own time-out ends it then."""
        poll = self._poll_of(instance, this, scope)
        timeout = read_timeout(instance.planned.task, scope)
        limit = None if timeout is None else poll.started_at + timeout
        durable = self._context.durable_tasks[instance.planned.task.type]
        state = durable.step(poll)
        if limit is None or state.status.is_terminal:
            return state
        if limit <= poll.now:
            message = f"timed out after {format_duration(limit - poll.started_at)}"
            failure = Failure(code="timeout", message=message)
            late = replace(state, status=TaskStatus.TIMED_OUT, error=failure, due_at=None)
            return durable.cancel(poll) or late
        return replace(state, due_at=min(state.due_at, limit) if state.due_at else limit)

    def _poll_of(self, instance: TaskInstance, this: CurrentAttempt, scope: Scope) -> Poll:
        key = self._context.row_key(instance)
        return Poll(
            execution=self._context.execution,
            key=f"{key}/{this.attempt}" if this.attempt > 1 else key,
            task_name=instance.name,
            attempt=this.attempt,
            run=this.run,
            properties=render_tree(instance.planned.task.properties, scope, "properties"),
            scope=scope,
            started_at=this.began_at,
            now=self._context.clocks.now(),
        )
