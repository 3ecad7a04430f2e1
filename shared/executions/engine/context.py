"""The context of a turn: what its parts work with, and the kind and attempt of each task."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

from shared.executions.engine.recorder import Recorder
from shared.executions.models import Execution
from shared.executions.scheduling.containers import CONTAINERS
from shared.executions.scheduling.current_attempt import CurrentAttempt, current_attempt
from shared.executions.scheduling.nodes import TaskInstance
from shared.executions.scheduling.retries import next_delay
from shared.executions.scheduling.scheduler import Scheduler
from shared.executions.task_runs import Failure, LogLine, TaskRun, node_key
from shared.executions.tasks.attempt_threads import Threads
from shared.executions.tasks.clocks import Clocks
from shared.executions.tasks.durable import DurableTasks
from shared.executions.tasks.outcomes import Outcome
from shared.executions.tasks.scopes import ScopeBuilder
from shared.expressions import Scope
from shared.flows.plans.plan import Plan
from shared.masking import Masking

WAIT_TYPE = "flow.wait"


class TaskKind(Enum):
    """The kinds of task that the engine tells apart: each has a runner (see `dispatcher.py`).

    What ends in a thread of the turn, at a moment, with the tasks inside, or outside.
    """

    INLINE = auto()
    WAIT = auto()
    CONTAINER = auto()
    DURABLE = auto()


@dataclass(frozen=True)
class TurnContext:
    """The collaborators of one turn; `execution` as it was when the turn began.

    `read_round` returns what is recorded in a round of a loop (`poll#3`): turns begin without.
    """

    plan: Plan
    execution: Execution
    scheduler: Scheduler
    scopes: ScopeBuilder
    recorder: Recorder
    masking: Masking
    threads: Threads
    clocks: Clocks
    durable_tasks: DurableTasks
    read_round: Callable[[Execution, str], Sequence[TaskRun]]

    def kind_of(self, instance: TaskInstance) -> TaskKind:
        """Return the kind of a task; one that the execution mocks is INLINE, whatever its type."""
        task_type = instance.planned.task.type
        if instance.name in self.execution.mocks:
            return TaskKind.INLINE
        if task_type in self.durable_tasks:
            return TaskKind.DURABLE
        if task_type in CONTAINERS:
            return TaskKind.CONTAINER
        return TaskKind.WAIT if task_type == WAIT_TYPE else TaskKind.INLINE

    def run_of(self, instance: TaskInstance) -> TaskRun | None:
        """Return what is recorded of a task."""
        return self.scheduler.runs.get(instance.key)

    def attempt_of(self, instance: TaskInstance, run: TaskRun | None) -> CurrentAttempt:
        """Return the attempt of a task that is under way, or is about to begin."""
        return current_attempt(instance, run, self.recorder.ready_at)

    def scope_of(self, instance: TaskInstance, this: CurrentAttempt) -> Scope:
        """Return what the templates of a task may read in an attempt."""
        return self.scopes.for_instance(
            self.scheduler, instance, attempt=this.attempt, now=this.began_at
        )

    def awaited(self, run: TaskRun | None) -> datetime | None:
        """Return the moment that a task waits for; None when it need not wait (any more)."""
        due_at = run.due_at if run else None
        return due_at if due_at and due_at > self.clocks.now() else None

    def due_again(
        self, instance: TaskInstance, failure: Failure | None, *, attempt: int, started_at: datetime
    ) -> datetime | None:
        """Return when a failed attempt is made again; None if it is not, or has not failed."""
        policy, now = instance.planned.task.retry, self.clocks.now()
        if policy is None or failure is None:
            return None
        delay = next_delay(
            policy,
            failure,
            attempt=attempt,
            elapsed=now - started_at,
            seed=f"{self.execution.id}/{self.row_key(instance)}",
        )
        return None if delay is None else now + delay

    def settle(
        self, instance: TaskInstance, outcome: Outcome, *, attempt: int, started_at: datetime
    ) -> datetime | None:
        """Settle a task with its last attempt, or keep it until the next is due: return when.

        `started_at` counts where this is the first that is recorded of it.
        """
        earlier = self.run_of(instance)
        started_at = (earlier and earlier.started_at) or started_at
        due_at = self.due_again(instance, outcome.error, attempt=attempt, started_at=started_at)
        self.recorder.attempt_ended(
            instance, outcome, attempt=attempt, started_at=started_at, due_at=due_at
        )
        return due_at

    def with_error_line(self, outcome: Outcome, attempt: int) -> Outcome:
        """Return the outcome with a line for its failure; one inside a container has it there."""
        error = outcome.error
        if error is None or error.task_name:
            return outcome
        now = self.clocks.now()
        line = LogLine(timestamp=now, level="ERROR", message=error.message, attempt=attempt)
        return replace(outcome, logs=(*outcome.logs, line))

    def row_key(self, instance: TaskInstance) -> str:
        """Return what names a task in its execution, one name for each container attempt."""
        return node_key(instance.name, instance.iteration, self.scheduler.rounds(instance))
