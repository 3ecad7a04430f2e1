"""The early end of tasks: their execution or container was cancelled, timed out or failed.

Says which tasks end, in which order, and which of them get a record; how one is stopped is known
to the runner of its kind (`dispatcher.py`). See ADR 6.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from shared.executions.engine.context import TurnContext
from shared.executions.engine.dispatcher import Dispatcher
from shared.executions.models import TerminationReason
from shared.executions.scheduling.nodes import Start, TaskInstance
from shared.executions.task_runs import Failure, TaskStatus
from shared.executions.termination_failure import termination_failure
from shared.flows.plans.plan import Section

MAX_NAMES = 5
"""The number of tasks that an execution's error names at most."""

IsMeant = Callable[[TaskInstance], bool]


class Termination:
    """The early end of an execution (`of_execution`, `failure`) or of a container in it."""

    def __init__(self, context: TurnContext, dispatcher: Dispatcher) -> None:
        self._context = context
        self._dispatcher = dispatcher

    def of_execution(self, reason: TerminationReason | None) -> None:
        """Settle what was under way; what could not have begun never gets a record.

        A cancel ends the tasks of `errors` too. What was ready is settled as well: the turn that
        was fenced out may be running it, and must find it settled.
        """
        scheduler, failure = self._context.scheduler, termination_failure(reason)
        is_cancel = reason is TerminationReason.CANCEL
        sections: tuple[Section, ...] = ("main", "errors") if is_cancel else ("main",)
        opened = self._reopen(sections, lambda _: True)
        ready = self._ready("main")
        if reason is TerminationReason.ENGINE_ERROR:
            self._dispatcher.inline.fail_lost(self._unsettled("main"), failure)
        if is_cancel and scheduler.is_finished("main") and scheduler.first_failure("main"):
            ready += self._ready("errors")
        self._cancel_threads(lambda _: True, failure)
        known = [
            TaskInstance(scheduler.tasks[run.task_name], run.iteration or "")
            for run in scheduler.runs.values()
        ]
        self._cancel_recorded(
            (instance for instance in known if instance.planned.section in sections), failure
        )
        outermost = [
            instance
            for instance in opened
            if not instance.planned.parent and instance.planned.section == "main"
        ]
        for instance in (*ready, *outermost):
            self._cancel(instance, failure, is_recorded=is_cancel)
        self._dispatcher.containers.expire_no_more()

    def of_container(self, container: TaskInstance, failure: Failure) -> None:
        """Cancel what runs inside a container; what has not begun never does."""
        scheduler, section = self._context.scheduler, container.planned.section

        def is_inside(instance: TaskInstance) -> bool:
            return scheduler.holds(container, instance)

        self._reopen((section,), is_inside)
        ready = self._ready(section)
        self._cancel_threads(is_inside, failure)
        self._cancel_recorded(scheduler.inside(container), failure)
        for instance in filter(is_inside, ready):
            self._cancel(instance, failure, is_recorded=False)

    def failure(self, reason: TerminationReason | None) -> Failure:
        """Return why the execution ends; tasks that the engine may have died of are named."""
        failure, scheduler = termination_failure(reason), self._context.scheduler
        died = {
            run.task_name
            for run in scheduler.runs.values()
            if run.status is TaskStatus.FAILED and run.error and run.error.code == failure.code
        }
        names = [name for name in scheduler.tasks if name in died]
        if not names:
            return failure
        named = ", ".join(names[:MAX_NAMES])
        return failure.model_copy(
            update={"message": f"{failure.message}: {named}", "task_name": names[0]}
        )

    def _reopen(self, sections: Iterable[Section], is_meant: IsMeant) -> list[TaskInstance]:
        """Open the containers that were open: what is inside cannot be told without."""

        def ready() -> Iterator[TaskInstance]:
            return (each for section in sections for each in self._ready(section) if is_meant(each))

        return self._dispatcher.containers.reopen(ready)

    def _ready(self, section: Section) -> list[TaskInstance]:
        """List what may be under way, or about to be, without a record of its own."""
        found = ((each, self._context.run_of(each)) for each in self._unsettled(section))
        return [each for each, run in found if not run or run.status is TaskStatus.RUNNING]

    def _unsettled(self, section: Section) -> list[TaskInstance]:
        """List what is to be started, or was before."""
        actions = self._context.scheduler.next_actions(section)
        return [action.instance for action in actions if isinstance(action, Start)]

    def _cancel_threads(self, is_meant: IsMeant, failure: Failure) -> None:
        """Settle what runs in threads of this turn: it may be without a record so far."""
        for active in self._context.threads.active:
            if is_meant(active.instance):
                self._cancel(active.instance, failure, began_at=active.started_at)

    def _cancel_recorded(self, instances: Iterable[TaskInstance], failure: Failure) -> None:
        """Settle what is recorded; containers last: when what they hold began follows from them."""
        found = ((instance, self._context.run_of(instance)) for instance in instances)
        waiting = [instance for instance, run in found if run and not run.status.is_terminal]
        for instance in sorted(waiting, key=self._holds_tasks):
            self._cancel(instance, failure)

    def _holds_tasks(self, instance: TaskInstance) -> bool:
        return bool(self._context.scheduler.children(instance.name))

    def _cancel(
        self,
        instance: TaskInstance,
        failure: Failure,
        *,
        began_at: datetime | None = None,
        is_recorded: bool = True,
    ) -> None:
        """Settle a task, unless it is; whoever works on it is told first."""
        run = self._context.run_of(instance)
        if run and run.status.is_terminal:
            return
        has_ended = self._dispatcher.runner_of(instance).cancel(instance, run)
        if is_recorded and not has_ended:
            started_at = began_at or (run.started_at if run else None)
            self._context.recorder.cancelled(instance, failure, started_at=started_at)
