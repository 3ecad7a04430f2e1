"""The decisions made when a container is opened, the same however often it is opened again."""

from dataclasses import dataclass
from datetime import timedelta

from shared.executions.scheduling.container_state import ContainerState
from shared.executions.scheduling.containers import enter, taken
from shared.executions.scheduling.current_attempt import CurrentAttempt
from shared.executions.scheduling.nodes import TaskInstance
from shared.executions.scheduling.scheduler import Scheduler
from shared.executions.tasks.conditions import is_wanted
from shared.executions.tasks.scopes import ScopeBuilder
from shared.executions.tasks.timeouts import read_timeout


@dataclass(frozen=True)
class ContainerEntry:
    """The tasks that run inside a container (`entered`), and its time limit."""

    entered: ContainerState
    timeout: timedelta | None


def open_container(
    scheduler: Scheduler, scopes: ScopeBuilder, instance: TaskInstance, this: CurrentAttempt
) -> ContainerEntry | None:
    """Open a container on paper; None if it is not wanted.

    Raises one of MALFORMED (see `timeouts.py`) for fields that cannot be read.
    """
    scope = scopes.for_instance(scheduler, instance, attempt=this.attempt, now=this.began_at)
    if not is_wanted(instance.planned.task, scope):
        return None
    timeout = read_timeout(instance.planned.task, scope)
    entered = taken(scheduler, instance, enter(instance, scope))
    if entered.rounds and this.run and this.run.passed:
        entered.rounds.index = this.run.passed.count
    return ContainerEntry(entered, timeout)
