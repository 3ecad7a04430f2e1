"""Does what the board allows: one action after the other, and records how attempts went."""

from collections.abc import Callable
from datetime import datetime

from shared.executions.engine.containers import ContainerRunner
from shared.executions.engine.context import TurnContext
from shared.executions.engine.current_attempt import current_attempt
from shared.executions.engine.durable_tasks import DurableTaskRunner
from shared.executions.scheduling.containers import CONTAINERS
from shared.executions.scheduling.nodes import Action, Complete, Skip, TaskInstance
from shared.executions.task_runs import Failure, TaskRun, TaskStatus
from shared.executions.tasks.attempt_threads import Active, Result
from shared.executions.tasks.conditions import is_wanted
from shared.executions.tasks.outcomes import Outcome, failure_of
from shared.executions.tasks.timeouts import MALFORMED, read_timeout
from shared.executions.tasks.waits import read_wait, waited

RESERVE_SECONDS = 20.0
"""Kept at the end of an invocation for recording what was cut off, and for answering."""
ENOUGH_SECONDS = 60.0
"""With less left no task is started, unless it is the turn's first."""


class Dispatcher:
    """`has_deferred` when this turn leaves a task to the next."""

    def __init__(
        self,
        context: TurnContext,
        durable_tasks: DurableTaskRunner,
        rounds: ContainerRunner,
        remaining: Callable[[], float],
    ) -> None:
        self.has_deferred = False
        self._context = context
        self._durable_tasks = durable_tasks
        self._containers = rounds
        self._remaining = remaining
        self._has_started = False
        self._has_visited = False

    def dispatch(self, action: Action, due: list[datetime]) -> bool:
        """Do one action; whether the board has changed, so that there may be more to do.

        If something is due later, its moment goes into `due`.
        """
        if isinstance(action, Skip):
            self._context.recorder.skipped(action.instance, blocked=action.blocked)
            return True
        if isinstance(action, Complete):
            self._containers.complete(action)
            return True
        instance = action.instance
        run = self._context.scheduler.runs.get(instance.key)
        if self._kind(instance) in self._context.durable_tasks:
            return self._may_visit(run) and self._durable_tasks.poll(instance, run, due)
        if run and run.due_at and run.due_at > self._context.clocks.now():
            due.append(run.due_at)
            return False
        return self._begin(instance, run)

    def record(self, result: Result) -> None:
        """Settle a task, or let it wait for its next attempt."""
        instance, outcome, attempt = result.active.instance, result.outcome, result.active.attempt
        started_at = result.active.started_at
        self._context.settle(instance, outcome, attempt=attempt, started_at=started_at)

    def record_late(self, active: Active) -> None:
        """The attempt was given up on, because its time was over."""
        failure = Failure(code="timeout", message=f"timed out after {active.limit:g} s")
        outcome = Outcome(TaskStatus.TIMED_OUT, error=failure, logs=active.logs.lines())
        self.record(Result(active, outcome))

    def _kind(self, instance: TaskInstance) -> str | None:
        """The type of a task that is the engine's own affair; None for what a thread runs."""
        return None if instance.name in self._context.threads.mocks else instance.planned.task.type

    def _begin(self, instance: TaskInstance, run: TaskRun | None) -> bool:
        kind = self._kind(instance)
        if kind in CONTAINERS:
            self._containers.enter(instance, run)
            return True
        if kind == "flow.wait":
            self._wait(instance, run)
            return True
        return self._may_start() and self._start(instance, run)

    def _may_start(self) -> bool:
        """Whether this turn takes another task; one that it leaves to the next is remembered."""
        is_alone = self._context.plan.isolation == "task"
        is_room_left = not self._context.threads.failure and (
            not self._has_started or (not is_alone and self._remaining() > ENOUGH_SECONDS)
        )
        self.has_deferred = self.has_deferred or not is_room_left
        return is_room_left and not self._context.threads.is_full

    def _may_visit(self, run: TaskRun | None) -> bool:
        """Whether this turn begins another task that ends outside; a look at one is short."""
        if run:
            return True
        is_room_left = not self._has_visited or self._remaining() > ENOUGH_SECONDS
        self.has_deferred = self.has_deferred or not is_room_left
        self._has_visited = True
        return is_room_left

    def _start(self, instance: TaskInstance, run: TaskRun | None) -> bool:
        """Start the next attempt of a task in a thread."""
        attempt = run.attempt + 1 if run else 1
        started_at = self._context.clocks.now()
        scope = self._context.scopes.for_instance(
            self._context.scheduler, instance, attempt=attempt, now=self._ready_at(instance, run)
        )
        try:
            timeout = read_timeout(instance.planned.task, scope)
        except MALFORMED as error:
            self._context.recorder.failed(instance, error, started_at=started_at)
            return True
        limit = max(1.0, self._remaining() - RESERVE_SECONDS)
        if timeout is not None:
            limit = min(limit, timeout.total_seconds())
        self._has_started = True
        self._context.threads.start(
            instance, scope, attempt=attempt, started_at=started_at, limit=limit
        )
        return False

    def _ready_at(self, instance: TaskInstance, run: TaskRun | None) -> datetime:
        """When the node, or its next attempt, could begin: the same however often it is asked."""
        if run and run.due_at:
            return run.due_at
        return self._context.recorder.ready_at(instance)

    def _wait(self, instance: TaskInstance, run: TaskRun | None) -> None:
        """Begin a wait, or end one that is due."""
        context, now = self._context, self._context.clocks.now()
        this = current_attempt(context, instance, run)
        scope = context.scopes.for_instance(
            context.scheduler, instance, attempt=this.attempt, now=this.began_at
        )
        began_at = (this.run.began_at or this.run.started_at if this.run else None) or now
        try:
            if run is None and not is_wanted(instance.planned.task, scope):
                context.recorder.skipped(instance, blocked=False)
                return
            wait = read_wait(instance.planned.task, scope, began_at)
        except MALFORMED as error:
            outcome = Outcome(TaskStatus.FAILED, error=failure_of(error))
        else:
            if wait.due_at > now:
                context.recorder.waiting(
                    instance, attempt=this.attempt, began_at=wait.started_at, due_at=wait.due_at
                )
                return
            outcome = waited(wait, now)
        told = context.with_error_line(outcome, this.attempt)
        context.settle(instance, told, attempt=this.attempt, started_at=began_at)
