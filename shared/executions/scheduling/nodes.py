"""Task instances, and the actions on them that the scheduler can name."""

from dataclasses import dataclass

from shared.executions.task_runs import Failure, node_key
from shared.flows.plans.plan import PlanTask


@dataclass(frozen=True)
class TaskInstance:
    """A task in one iteration: loop indices joined by dots, outermost first; empty outside."""

    planned: PlanTask
    iteration: str = ""

    @property
    def name(self) -> str:
        return self.planned.task.name

    @property
    def key(self) -> str:
        return node_key(self.name, self.iteration)


def inner_iteration(iteration: str, index: int) -> str:
    return f"{iteration}.{index}" if iteration else str(index)


@dataclass(frozen=True)
class Skip:
    """The action to record the task as SKIPPED; `blocked` when a failure upstream is the cause."""

    instance: TaskInstance
    blocked: bool


@dataclass(frozen=True)
class Start:
    """The action to start a task or enter a container; its own `when` may still skip it."""

    instance: TaskInstance


@dataclass(frozen=True)
class Complete:
    """The action to end a container, all in it being settled: with `failure`, or as a success."""

    instance: TaskInstance
    failure: Failure | None


Action = Skip | Start | Complete
