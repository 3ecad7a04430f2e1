"""Tasks that run inside a turn: plugins, and whatever the execution mocks."""

from collections.abc import Iterable
from datetime import datetime

from shared.executions.engine.budget import TurnBudget
from shared.executions.engine.context import TaskKind, TurnContext
from shared.executions.scheduling.nodes import TaskInstance
from shared.executions.task_runs import Failure, TaskRun, TaskStatus
from shared.executions.tasks.attempt_threads import Active, Result
from shared.executions.tasks.outcomes import Outcome
from shared.executions.tasks.timeouts import MALFORMED, read_timeout


class InlineRunner:
    """The runner of INLINE tasks: each attempt is a thread of this turn.

    Begins an attempt when it is due and the budget allows it; nothing is written before it ends.
    `collect` then settles the task, has it wait for its next attempt, or gives up on an attempt
    whose time is over. A cancel gives up on the thread. An attempt that dies with its turn is made
    again by the next, unless the execution is ended because of that: `fail_lost`.
    """

    def __init__(self, context: TurnContext, budget: TurnBudget) -> None:
        self._context = context
        self._budget = budget

    @property
    def is_open(self) -> bool:
        """True while an attempt is under way."""
        return self._context.threads.has_active

    def advance(self, instance: TaskInstance, run: TaskRun | None, due: list[datetime]) -> bool:
        """Start the next attempt of a task; True if its fields cannot be read: it has failed."""
        if moment := self._context.awaited(run):
            due.append(moment)
            return False
        return self._may_start() and self._start(instance, run)

    def cancel(self, instance: TaskInstance, _run: TaskRun | None) -> bool:
        """Stop waiting for a task's attempt, if there is one; False: its end is to be written."""
        self._context.threads.give_up(lambda each: each.instance.key == instance.key)
        return False

    def collect(self, patience: float) -> None:
        """Record the next result, waiting so many seconds; give up on what is past its time."""
        result = self._context.threads.next_result(patience)
        if result:
            self._record(result)
            return
        now = self._context.clocks.monotonic()
        for active in self._context.threads.give_up(lambda each: each.deadline <= now):
            self._record_late(active)

    def fail_lost(self, instances: Iterable[TaskInstance], failure: Failure) -> None:
        """Fail what may have run when the engine died: nobody knows how far it had come."""
        context = self._context
        for instance in instances:
            run = context.run_of(instance)
            if context.kind_of(instance) is TaskKind.INLINE and not context.awaited(run):
                this = context.attempt_of(instance, run)
                outcome = Outcome(TaskStatus.FAILED, error=failure)
                context.recorder.attempt_ended(
                    instance,
                    context.with_error_line(outcome, this.attempt),
                    attempt=this.attempt,
                    started_at=(run and run.started_at) or this.began_at,
                    due_at=None,
                )

    def _may_start(self) -> bool:
        """Tell whether this turn takes another task; it does not while it is to be made again."""
        if self._context.threads.failure:
            self._budget.has_deferred = True
            return False
        return self._budget.allows(TaskKind.INLINE) and not self._context.threads.is_full

    def _start(self, instance: TaskInstance, run: TaskRun | None) -> bool:
        this = self._context.attempt_of(instance, run)
        started_at = self._context.clocks.now()
        scope = self._context.scope_of(instance, this)
        try:
            timeout = read_timeout(instance.planned.task, scope)
        except MALFORMED as error:
            self._context.recorder.failed(instance, error, started_at=started_at)
            return True
        limit = self._budget.longest_attempt()
        if timeout is not None:
            limit = min(limit, timeout.total_seconds())
        self._budget.take(TaskKind.INLINE)
        self._context.threads.start(
            instance, scope, attempt=this.attempt, started_at=started_at, limit=limit
        )
        return False

    def _record(self, result: Result) -> None:
        """Settle a task, or have it wait for its next attempt."""
        active = result.active
        self._context.settle(
            active.instance, result.outcome, attempt=active.attempt, started_at=active.started_at
        )

    def _record_late(self, active: Active) -> None:
        """Record an attempt that was given up on, because its time was over."""
        failure = Failure(code="timeout", message=f"timed out after {active.limit:g} s")
        outcome = Outcome(TaskStatus.TIMED_OUT, error=failure, logs=active.logs.lines())
        self._record(Result(active, outcome))
