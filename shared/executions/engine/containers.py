"""Containers as they run: entered, left, ended when their time is over, and entered anew.

A round is one attempt of a container: see `task_tree.py` for how rounds are kept apart.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.executions.engine.container_entry import open_container
from shared.executions.engine.context import TurnContext
from shared.executions.engine.current_attempt import attempt_began, attempt_number
from shared.executions.engine.termination import Termination
from shared.executions.scheduling.containers import leave
from shared.executions.scheduling.nodes import Complete, TaskInstance
from shared.executions.task_runs import Failure, TaskRun, TaskStatus
from shared.executions.tasks.outcomes import Outcome, failure_of, serialised
from shared.executions.tasks.timeouts import MALFORMED
from shared.plugins.sdk.plugin import PluginError


class ContainerRunner:
    def __init__(self, context: TurnContext, termination: Termination) -> None:
        self._context = context
        self._termination = termination
        self._limits: dict[str, tuple[datetime, TaskInstance]] = {}

    @property
    def limits(self) -> list[datetime]:
        """When the time of the open containers is over."""
        return [limit for limit, _ in self._limits.values()]

    def enter(self, instance: TaskInstance, run: TaskRun | None) -> None:
        """Open a container, or settle it at once if it is not wanted or cannot be read.

        `run` is there from the first failure on: RETRYING, or RUNNING if this round had begun.
        """
        recorder = self._context.recorder
        if run and run.status is TaskStatus.RETRYING:
            recorder.forget_inside(instance)
        try:
            found = open_container(self._context, instance, run)
        except MALFORMED as error:
            self._settle(instance, attempt_number(run), _failed(failure_of(error)))
            return
        if found.entered is None:
            recorder.skipped(instance, blocked=False, attempt=found.attempt)
            return
        if run and run.status is TaskStatus.RETRYING:
            recorder.restarted(instance, attempt=found.attempt, began_at=found.began_at)
        self._context.scheduler.entered[instance.key] = found.entered
        if found.timeout is not None:
            self._limits[instance.key] = (found.began_at + found.timeout, instance)
        recorder.entered(instance)

    def complete(self, action: Complete) -> None:
        """Settle a container in which all is settled; its outputs are kept even if it failed."""
        instance, scheduler, scopes = action.instance, self._context.scheduler, self._context.scopes
        run = scheduler.runs.get(instance.key)
        attempt, began_at = attempt_number(run), attempt_began(self._context, instance, run)
        scope = scopes.for_instance(scheduler, instance, attempt=attempt, now=began_at)
        outputs = leave(scheduler, instance, scope, scopes.read)
        self._settle(instance, attempt, _left(outputs, action.failure))

    def expire(self) -> bool:
        """End the containers whose time is over; whether there were any."""
        now = self._context.clocks.now()
        late = [instance for limit, instance in self._limits.values() if limit <= now]
        for instance in late:
            if instance.key in self._limits:
                failure = Failure(code="timeout", message=f"{instance.name} timed out")
                self._termination.of_container(instance, failure)
                attempt = attempt_number(self._context.scheduler.runs.get(instance.key))
                self._settle(instance, attempt, Outcome(TaskStatus.TIMED_OUT, error=failure))
        return bool(late)

    def _settle(self, instance: TaskInstance, attempt: int, outcome: Outcome) -> None:
        """Settle a container, or let it wait for its next attempt."""
        scheduler = self._context.scheduler
        for each in (instance, *scheduler.inside(instance)) if self._limits else ():
            self._limits.pop(each.key, None)
        told, started_at = (
            self._context.with_error_line(outcome, attempt),
            self._context.recorder.ready_at(instance),
        )
        if self._context.settle(instance, told, attempt=attempt, started_at=started_at):
            scheduler.entered.pop(instance.key, None)


def _left(outputs: Mapping[str, Any], failure: Failure | None) -> Outcome:
    try:
        text = serialised(outputs)
    except PluginError as error:
        return _failed(failure_of(error))
    status = TaskStatus.FAILED if failure else TaskStatus.SUCCESS
    return Outcome(status, outputs=text, error=failure)


def _failed(failure: Failure) -> Outcome:
    return Outcome(TaskStatus.FAILED, error=failure)
