"""The dispatcher: hands what the scheduler allows to the runner of the task's kind."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from shared.executions.engine.budget import TurnBudget
from shared.executions.engine.containers import ContainerRunner
from shared.executions.engine.context import TaskKind, TurnContext
from shared.executions.engine.durable_tasks import DurableTaskRunner
from shared.executions.engine.inline import InlineRunner
from shared.executions.engine.waits import WaitRunner
from shared.executions.scheduling.nodes import Action, Complete, Skip, TaskInstance
from shared.executions.task_runs import TaskRun


class TaskRunner(Protocol):
    """The runner of one kind of task; `run` is what is recorded of the task, None for nothing."""

    @property
    def is_open(self) -> bool:
        """True while a task is under way whose end has no known moment: in a thread, or outside."""
        ...

    def advance(self, instance: TaskInstance, run: TaskRun | None, due: list[datetime], /) -> bool:
        """Begin a task, or see whether it goes on; True if that may allow something else.

        Until when it waits goes into `due`.
        """
        ...

    def cancel(self, instance: TaskInstance, run: TaskRun | None, /) -> bool:
        """Cancel an unsettled task, outside too; True if its end came first and is recorded.

        Otherwise whoever cancels it records the end.
        """
        ...


class Dispatcher:
    """One runner for each kind of task, and the budget that they share in a turn.

    `inline` and `containers` have more to do than the others: a turn collects results from the one
    and minds the time-outs of the other.
    """

    def __init__(self, context: TurnContext, remaining: Callable[[], float]) -> None:
        self._context = context
        self.budget = TurnBudget(remaining, is_isolated=context.plan.isolation == "task")
        self.inline = InlineRunner(context, self.budget)
        self.containers = ContainerRunner(context, self.budget)
        self.runners: Mapping[TaskKind, TaskRunner] = {
            TaskKind.INLINE: self.inline,
            TaskKind.WAIT: WaitRunner(context),
            TaskKind.CONTAINER: self.containers,
            TaskKind.DURABLE: DurableTaskRunner(context, self.budget),
        }

    @property
    def is_open(self) -> bool:
        """True while a task of any kind is under way whose end has no known moment."""
        return any(runner.is_open for runner in self.runners.values())

    def runner_of(self, instance: TaskInstance) -> TaskRunner:
        """Return the runner of a task's kind."""
        return self.runners[self._context.kind_of(instance)]

    def dispatch(self, action: Action, due: list[datetime]) -> bool:
        """Do one action; True if the scheduler may allow something else now.

        If something is due later, its moment goes into `due`.
        """
        instance = action.instance
        if isinstance(action, Skip):
            self._context.recorder.skipped(instance, blocked=action.blocked)
            return True
        if isinstance(action, Complete):
            self.containers.complete(instance, action.failure)
            return True
        return self.runner_of(instance).advance(instance, self._context.run_of(instance), due)
