"""The attempt of a task that is under way, or is next."""

from dataclasses import dataclass
from datetime import datetime

from shared.executions.engine.context import TurnContext
from shared.executions.scheduling.nodes import TaskInstance
from shared.executions.task_runs import TaskRun, TaskStatus


def attempt_number(run: TaskRun | None) -> int:
    """The number of the round that is under way, or is about to begin."""
    if run is None:
        return 1
    return run.attempt + 1 if run.status is TaskStatus.RETRYING else run.attempt


def attempt_began(context: TurnContext, instance: TaskInstance, run: TaskRun | None) -> datetime:
    """When that round could begin."""
    return run.due_at if run and run.due_at else context.recorder.ready_at(instance)


@dataclass(frozen=True)
class CurrentAttempt:
    """Attempt `attempt` of a task, which could begin at `began_at`: the same in every turn.

    `run` is what is recorded of this attempt, None while nothing is.
    """

    attempt: int
    began_at: datetime
    run: TaskRun | None


def current_attempt(
    context: TurnContext, instance: TaskInstance, run: TaskRun | None
) -> CurrentAttempt:
    """The attempt that is under way, or is about to begin."""
    if run is None:
        return CurrentAttempt(1, context.recorder.ready_at(instance), None)
    if run.status is TaskStatus.RETRYING:
        return CurrentAttempt(run.attempt + 1, run.due_at or context.clocks.now(), None)
    return CurrentAttempt(run.attempt, run.began_at or context.recorder.ready_at(instance), run)
