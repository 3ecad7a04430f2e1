"""The attempt of a task that is under way or next, with its number and its beginning."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.executions.scheduling.containers import CONTAINERS
from shared.executions.scheduling.nodes import TaskInstance
from shared.executions.scheduling.task_tree import LOOP
from shared.executions.task_runs import TaskRun, TaskStatus


@dataclass(frozen=True)
class CurrentAttempt:
    """The attempt `attempt` of a task, which could begin at `began_at`: the same in every turn.

    `run` is what is recorded of this attempt, None while nothing is.
    """

    attempt: int
    began_at: datetime
    run: TaskRun | None


def current_attempt(
    instance: TaskInstance, run: TaskRun | None, ready_at: Callable[[TaskInstance], datetime]
) -> CurrentAttempt:
    """Return the attempt of an unsettled task; `ready_at` tells when its first could begin."""
    if run is None:
        return CurrentAttempt(1, ready_at(instance), None)
    if run.status is TaskStatus.RETRYING:
        return CurrentAttempt(run.attempt + 1, run.due_at or ready_at(instance), None)
    # Nothing else of an open container is due, so its record has its beginning there; of a loop
    # its next round is.
    is_dated = run.task_type in CONTAINERS and run.task_type != LOOP
    began_at = run.due_at if is_dated else run.began_at
    return CurrentAttempt(run.attempt, began_at or ready_at(instance), run)
