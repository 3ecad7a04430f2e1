"""What is decided when a container is opened: the same however often it is opened again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.executions.engine.context import TurnContext
from shared.executions.engine.current_attempt import attempt_began, attempt_number
from shared.executions.scheduling.container_state import ContainerState
from shared.executions.scheduling.containers import enter, taken
from shared.executions.scheduling.nodes import TaskInstance
from shared.executions.task_runs import TaskRun
from shared.executions.tasks.conditions import is_wanted
from shared.executions.tasks.timeouts import read_timeout


@dataclass(frozen=True)
class ContainerEntry:
    """Round `attempt` of a container, which began at `began_at`.

    Not wanted: `entered` is None.
    """

    attempt: int
    began_at: datetime
    entered: ContainerState | None = None
    timeout: timedelta | None = None


def open_container(
    context: TurnContext, instance: TaskInstance, run: TaskRun | None
) -> ContainerEntry:
    """Open a container on paper; raises MALFORMED (see `tasks/timeouts.py`)."""
    attempt, began_at = attempt_number(run), attempt_began(context, instance, run)
    scope = context.scopes.for_instance(context.scheduler, instance, attempt=attempt, now=began_at)
    if not is_wanted(instance.planned.task, scope):
        return ContainerEntry(attempt, began_at)
    timeout = read_timeout(instance.planned.task, scope)
    entered = taken(context.scheduler, instance, enter(instance, scope))
    return ContainerEntry(attempt, began_at, entered, timeout)
