"""Ends before the time: what was under way when its execution or its container had to end."""

from collections.abc import Callable, Iterable
from contextlib import suppress

from shared.executions.engine.container_entry import open_container
from shared.executions.engine.context import TurnContext
from shared.executions.engine.current_attempt import current_attempt
from shared.executions.engine.durable_tasks import DurableTaskRunner
from shared.executions.models import TerminationReason
from shared.executions.scheduling.containers import CONTAINERS
from shared.executions.scheduling.nodes import Start, TaskInstance
from shared.executions.task_runs import Failure, TaskRun, TaskStatus
from shared.executions.tasks.outcomes import Outcome
from shared.executions.tasks.timeouts import MALFORMED
from shared.executions.termination import termination_failure
from shared.flows.plans.plan import Section

MAX_NAMES = 5
"""So many tasks are named at most in an execution's error."""


class Termination:
    def __init__(self, context: TurnContext, durable_tasks: DurableTaskRunner) -> None:
        self._context = context
        self._durable_tasks = durable_tasks

    def of_execution(self, closing: TerminationReason | None) -> None:
        """Settle what was under way; what could not have begun never gets a record.

        A cancel ends the tasks of `errors` too. What was ready is settled as well: the turn that
        was fenced out may be running it, and must find it settled.
        """
        scheduler, failure = self._context.scheduler, termination_failure(closing)
        is_cancel = closing is TerminationReason.CANCEL
        sections: tuple[Section, ...] = ("main", "errors") if is_cancel else ("main",)
        opened = self._reopen(sections, lambda _: True)
        ready = self._ready("main")
        if closing is TerminationReason.ENGINE_ERROR:
            self._fail_under_way(failure)
        if is_cancel and scheduler.is_finished("main") and scheduler.first_failure("main"):
            ready += self._ready("errors")
        self._give_up(lambda _: True, failure)
        nodes = [
            TaskInstance(scheduler.tasks[run.task_name], run.iteration or "")
            for run in scheduler.runs.values()
        ]
        self._cancel_all(
            (instance for instance in nodes if instance.planned.section in sections), failure
        )
        outermost = [
            instance
            for instance in opened
            if not instance.planned.parent and instance.planned.section == "main"
        ]
        for instance in (*ready, *outermost):
            self._cancel(instance, scheduler.runs.get(instance.key), failure, is_recorded=is_cancel)

    def failure(self, closing: TerminationReason | None) -> Failure:
        """Why the execution ends; tasks that the engine may have died of are named."""
        failure, scheduler = termination_failure(closing), self._context.scheduler
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

    def _fail_under_way(self, failure: Failure) -> None:
        """What may have run when the engine died has failed: nobody knows how far it had come."""
        context = self._context
        for instance in self._started("main"):
            run = context.scheduler.runs.get(instance.key)
            if self._may_have_run(instance, run):
                attempt = run.attempt + 1 if run else 1
                outcome = Outcome(TaskStatus.FAILED, error=failure)
                started_at = (run and run.started_at) or context.recorder.ready_at(instance)
                context.recorder.attempt_ended(
                    instance,
                    context.with_error_line(outcome, attempt),
                    attempt=attempt,
                    started_at=started_at,
                    due_at=None,
                )

    def _may_have_run(self, instance: TaskInstance, run: TaskRun | None) -> bool:
        """Whether it was a thread's to run, and it was time."""
        kind = instance.planned.task.type
        is_engines = (
            kind in CONTAINERS or kind in self._context.durable_tasks or kind == "flow.wait"
        )
        if is_engines and instance.name not in self._context.threads.mocks:
            return False
        return run is None or run.due_at is None or run.due_at <= self._context.clocks.now()

    def of_container(self, container: TaskInstance, failure: Failure) -> None:
        """Cancel what runs inside a container; what has not begun never does."""
        scheduler = self._context.scheduler
        self._reopen(
            (container.planned.section,), lambda instance: scheduler.holds(container, instance)
        )
        ready = self._ready(container.planned.section)
        self._give_up(lambda instance: scheduler.holds(container, instance), failure)
        self._cancel_all(scheduler.inside(container), failure)
        for instance in ready:
            if scheduler.holds(container, instance):
                self._cancel(instance, scheduler.runs.get(instance.key), failure, is_recorded=False)

    def _reopen(
        self, sections: Iterable[Section], is_meant: Callable[[TaskInstance], bool]
    ) -> list[TaskInstance]:
        """Open, on paper, the containers that were open: what is inside cannot be told without."""
        scheduler, opened, tried = self._context.scheduler, list[TaskInstance](), set[str]()
        while True:
            shut = [
                instance
                for section in sections
                for instance in self._ready(section)
                if instance.key not in tried and self._is_container(instance) and is_meant(instance)
            ]
            if not shut:
                return opened
            for instance in shut:
                tried.add(instance.key)
                with suppress(*MALFORMED):  # what cannot be read was never open
                    found = open_container(
                        self._context, instance, scheduler.runs.get(instance.key)
                    )
                    if found.entered:
                        scheduler.entered[instance.key] = found.entered
                        opened.append(instance)

    def _ready(self, section: Section) -> list[TaskInstance]:
        """What may be under way, or about to be, without a record of its own."""
        runs = self._context.scheduler.runs
        return [
            instance
            for instance in self._started(section)
            if not (run := runs.get(instance.key)) or run.status is TaskStatus.RUNNING
        ]

    def _started(self, section: Section) -> list[TaskInstance]:
        """What is to be started, or was before: it has not settled."""
        actions = self._context.scheduler.next_actions(section)
        return [action.instance for action in actions if isinstance(action, Start)]

    def _is_container(self, instance: TaskInstance) -> bool:
        is_mocked = instance.name in self._context.threads.mocks
        return instance.planned.task.type in CONTAINERS and not is_mocked

    def _give_up(self, is_meant: Callable[[TaskInstance], bool], failure: Failure) -> None:
        for active in self._context.threads.give_up(lambda each: is_meant(each.instance)):
            self._context.recorder.cancelled(active.instance, failure, started_at=active.started_at)

    def _cancel_all(self, nodes: Iterable[TaskInstance], failure: Failure) -> None:
        """Settle those that wait; containers last: when what they hold began follows from them."""
        scheduler = self._context.scheduler
        found = ((instance, scheduler.runs.get(instance.key)) for instance in nodes)
        waiting = [(instance, run) for instance, run in found if run and not run.status.is_terminal]
        for instance, run in sorted(waiting, key=lambda pair: pair[1].task_type in CONTAINERS):
            self._cancel(instance, run, failure)

    def _cancel(
        self,
        instance: TaskInstance,
        run: TaskRun | None,
        failure: Failure,
        *,
        is_recorded: bool = True,
    ) -> None:
        """Settle a task, unless it is; whoever works on it outside is told first."""
        if run and run.status.is_terminal:
            return
        recorder = self._context.recorder
        end = self._durable_tasks.cancel(instance, run)
        if end:
            this = current_attempt(self._context, instance, run)
            recorder.progressed(instance, end, attempt=this.attempt, began_at=this.began_at)
        elif is_recorded:
            recorder.cancelled(instance, failure, started_at=run.started_at if run else None)
