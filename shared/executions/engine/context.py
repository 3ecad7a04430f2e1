"""What all the parts of a turn work with."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.executions.engine.recorder import Recorder
from shared.executions.models import Execution
from shared.executions.scheduling.nodes import TaskInstance
from shared.executions.scheduling.retries import next_delay
from shared.executions.scheduling.scheduler import Scheduler
from shared.executions.task_runs import Failure, LogLine, node_key
from shared.executions.tasks.attempt_threads import Threads
from shared.executions.tasks.clocks import Clocks
from shared.executions.tasks.durable import DurableTasks
from shared.executions.tasks.outcomes import Outcome
from shared.executions.tasks.scopes import ScopeBuilder
from shared.flows.plans.plan import Plan


@dataclass(frozen=True)
class TurnContext:
    """The collaborators of one turn; `execution` as it was when the turn began."""

    plan: Plan
    execution: Execution
    scheduler: Scheduler
    scopes: ScopeBuilder
    recorder: Recorder
    threads: Threads
    clocks: Clocks
    durable_tasks: DurableTasks

    def due_again(
        self, instance: TaskInstance, failure: Failure | None, *, attempt: int, started_at: datetime
    ) -> datetime | None:
        """When a failed attempt is made again; None if it is not, or has not failed."""
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
        """Settle a task with its last attempt, or keep it until the next is due: when that is.

        `started_at` counts where this is the first that is recorded of it.
        """
        earlier = self.scheduler.runs.get(instance.key)
        started_at = (earlier and earlier.started_at) or started_at
        due_at = self.due_again(instance, outcome.error, attempt=attempt, started_at=started_at)
        self.recorder.attempt_ended(
            instance, outcome, attempt=attempt, started_at=started_at, due_at=due_at
        )
        return due_at

    def with_error_line(self, outcome: Outcome, attempt: int) -> Outcome:
        """The outcome with a line for its failure; one inside a container has its line there."""
        error = outcome.error
        if error is None or error.task_name:
            return outcome
        now = self.clocks.now()
        line = LogLine(timestamp=now, level="ERROR", message=error.message, attempt=attempt)
        return replace(outcome, logs=(*outcome.logs, line))

    def row_key(self, instance: TaskInstance) -> str:
        """What names a node in its execution, round by round."""
        return node_key(instance.name, instance.iteration, self.scheduler.rounds(instance))
