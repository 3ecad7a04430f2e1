"""Tasks that end outside: a turn looks how they stand, and tells whoever works on one it is over.

How often it looks, and why a look may be repeated, stands in `tasks/durable.py`.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from shared.durations import format_duration
from shared.executions.engine.context import TurnContext
from shared.executions.engine.current_attempt import CurrentAttempt, current_attempt
from shared.executions.retention import expires_at
from shared.executions.scheduling.nodes import TaskInstance
from shared.executions.task_runs import Failure, TaskRun, TaskStatus
from shared.executions.tasks.conditions import is_wanted
from shared.executions.tasks.durable import DurableState, Poll
from shared.executions.tasks.outcomes import Outcome, failure_of, serialised
from shared.executions.tasks.timeouts import MALFORMED, read_timeout
from shared.expressions import Scope, render_tree
from shared.plugins.sdk.plugin import PluginError

LOOK_SECONDS = 1.0
"""How often such a task is looked at while something else runs."""

MAX_LIFE = timedelta(days=366)
"""What earlier attempts left outside stays so long after them, and the retention after that."""


class DurableTaskRunner:
    def __init__(self, context: TurnContext) -> None:
        self._context = context
        self._visited_at: dict[str, float] = {}

    @property
    def has_open(self) -> bool:
        """Whether some task waits for its end from outside; between attempts none does."""
        return any(
            run.task_type in self._context.durable_tasks
            and not run.status.is_terminal
            and run.status is not TaskStatus.RETRYING
            for run in self._context.scheduler.runs.values()
        )

    def poll(self, instance: TaskInstance, run: TaskRun | None, due: list[datetime]) -> bool:
        """See how a task stands; whether it has begun or ended, so that there is more to do.

        If it goes on, what is due goes into `due`.
        """
        if run and not self._is_due(instance, run):
            due.extend([run.due_at] if run.due_at else [])
            return False
        self._visited_at[instance.key] = self._context.clocks.monotonic()
        this = current_attempt(self._context, instance, run)
        scope = self._scope(instance, this)
        try:
            if run is None and not is_wanted(instance.planned.task, scope):
                self._context.recorder.skipped(instance, blocked=False)
                return True
            step = self._step(instance, this, scope)
        except MALFORMED as error:
            step = DurableState(TaskStatus.FAILED, error=failure_of(error))
        due_at = self._record(instance, this, step)
        due.extend([due_at] if due_at else [])
        return run is None or self._context.scheduler.runs[instance.key].status.is_terminal

    def _record(
        self, instance: TaskInstance, this: CurrentAttempt, step: DurableState
    ) -> datetime | None:
        """Write how a task stands; when something of it is due."""
        if step.status in {TaskStatus.FAILED, TaskStatus.TIMED_OUT}:
            try:
                outputs = None if step.outputs is None else serialised(step.outputs)
            except PluginError as error:
                outputs, step = None, replace(step, error=failure_of(error))
            outcome = Outcome(step.status, outputs=outputs, error=step.error, logs=step.lines)
            self._keep_a_while(instance, outcome)
            told = self._context.with_error_line(outcome, this.attempt)
            return self._context.settle(
                instance, told, attempt=this.attempt, started_at=this.began_at
            )
        self._context.recorder.progressed(
            instance, step, attempt=this.attempt, began_at=this.began_at
        )
        return step.due_at

    def _keep_a_while(self, instance: TaskInstance, outcome: Outcome) -> None:
        """The end of an execution lets go what the last attempt of a task left outside, no other's.

        Whether this attempt is the last is not known yet: the end comes back to it then.
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

    def cancel(self, instance: TaskInstance, run: TaskRun | None) -> DurableState | None:
        """Tell whoever works outside on a task that it is over; its end, if that came first."""
        external = self._context.durable_tasks.get(instance.planned.task.type)
        if external is None or instance.name in self._context.threads.mocks:
            return None
        with suppress(*MALFORMED):  # what cannot be read was never begun
            this = current_attempt(self._context, instance, run)
            scope = self._scope(instance, this)
            if run or is_wanted(instance.planned.task, scope):
                return external.cancel(self._visit_of(instance, this, scope))
        return None

    def _is_due(self, instance: TaskInstance, run: TaskRun) -> bool:
        clocks = self._context.clocks
        is_time = run.due_at is not None and run.due_at <= clocks.now()
        if is_time or run.status is TaskStatus.RETRYING:
            return is_time
        visited_at = self._visited_at.get(instance.key)
        return visited_at is None or clocks.monotonic() - visited_at >= LOOK_SECONDS

    def _step(self, instance: TaskInstance, this: CurrentAttempt, scope: Scope) -> DurableState:
        """One step of a task; its own time-out ends it before that."""
        poll = self._visit_of(instance, this, scope)
        timeout = read_timeout(instance.planned.task, scope)
        limit = None if timeout is None else poll.started_at + timeout
        external = self._context.durable_tasks[instance.planned.task.type]
        step = external.step(poll)
        if limit is None or step.status.is_terminal:
            return step
        if limit <= poll.now:
            message = f"timed out after {format_duration(limit - poll.started_at)}"
            failure = Failure(code="timeout", message=message)
            late = DurableState(
                TaskStatus.TIMED_OUT, outputs=step.outputs, error=failure, lines=step.lines
            )
            return external.cancel(poll) or late
        return replace(step, due_at=min(step.due_at, limit) if step.due_at else limit)

    def _scope(self, instance: TaskInstance, this: CurrentAttempt) -> Scope:
        scheduler, scopes = self._context.scheduler, self._context.scopes
        return scopes.for_instance(scheduler, instance, attempt=this.attempt, now=this.began_at)

    def _visit_of(self, instance: TaskInstance, this: CurrentAttempt, scope: Scope) -> Poll:
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
