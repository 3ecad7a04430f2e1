"""Containers as they run: branches, parallel lists and loops, which hold other tasks.

`scheduling/containers.py` decides what runs inside one, and its outputs. What each of its attempts
holds is kept apart: see `scheduling/task_tree.py` and ADR 23.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.executions.engine.budget import TurnBudget
from shared.executions.engine.context import TaskKind, TurnContext
from shared.executions.engine.loop_rounds import LoopRounds
from shared.executions.scheduling.containers import leave
from shared.executions.scheduling.foreach_outputs import Inside
from shared.executions.scheduling.nodes import TaskInstance
from shared.executions.task_runs import Failure, TaskRun, TaskStatus
from shared.executions.tasks.container_entry import open_container
from shared.executions.tasks.outcomes import Outcome, failure_of, serialised
from shared.executions.tasks.timeouts import MALFORMED
from shared.expressions import Scope
from shared.masking import Masking
from shared.plugins.sdk.plugin import PluginError


class ContainerRunner:
    """The runner of CONTAINER tasks: the tasks inside are run, the container is opened and left.

    Begins by telling the scheduler what runs inside; only a second attempt is recorded then, so
    each turn opens it again. Goes on by itself, as what it holds settles: the scheduler says when
    all has, and `complete` settles it. When its time is over, `expire` has what is inside
    cancelled and times it out. A failed one is opened anew if it has a `retry`. A cancel has nobody
    to tell: what is inside is cancelled task by task.
    """

    is_open = False
    """Always False: the open tasks inside a container have runners of their own."""

    def __init__(self, context: TurnContext, budget: TurnBudget) -> None:
        self._context = context
        self._rounds = LoopRounds(context, budget)
        self._limits: dict[str, tuple[datetime, TaskInstance]] = {}

    @property
    def limits(self) -> list[datetime]:
        """The moments at which open containers time out."""
        return [limit for limit, _ in self._limits.values()]

    def advance(self, instance: TaskInstance, run: TaskRun | None, due: list[datetime]) -> bool:
        """Open a container, or settle it at once if it is not wanted or cannot be read.

        `run` is there from the first failure on: RETRYING, or RUNNING if this attempt had begun; of
        a loop also from its first round on. One that is open begins its next round.
        """
        entered = self._context.scheduler.entered.get(instance.key)
        if entered and entered.rounds:
            return self._rounds.advance(instance, entered.rounds, due)
        if run and run.status is TaskStatus.RETRYING:
            if moment := self._context.awaited(run):
                due.append(moment)
                return False
            self._context.recorder.forget_inside(instance)
        self._enter(instance, run)
        return True

    def cancel(self, _instance: TaskInstance, _run: TaskRun | None) -> bool:
        """Tell nobody; False: the container's end is to be written."""
        return False

    def complete(self, instance: TaskInstance, failure: Failure | None) -> None:
        """Settle a container in which all is settled; its outputs are kept even if it failed.

        A loop may have another round to go instead.
        """
        context = self._context
        this = context.attempt_of(instance, context.run_of(instance))
        scope = context.scope_of(instance, this)
        rounds = context.scheduler.entered[instance.key].rounds
        try:
            if rounds and failure is None:
                if self._rounds.goes_on(instance, this, rounds):
                    return
                failure = rounds.failure
            outputs = leave(context.scheduler, instance, scope, self._inside(instance, scope))
            outcome = _left(outputs, failure, context.masking)
        except MALFORMED as error:
            # Its fields could be read when it was opened: what takes too long may do so by a hair.
            outcome = _failed(failure or failure_of(error, context.masking))
        self._settle(instance, this.attempt, outcome)

    def expire(self, cancel_inside: Callable[[TaskInstance, Failure], None]) -> bool:
        """Time out the containers whose time is over; tell whether there were any."""
        now = self._context.clocks.now()
        late = [instance for limit, instance in self._limits.values() if limit <= now]
        for instance in late:
            if instance.key in self._limits:  # it may stand in another that was late
                failure = Failure(code="timeout", message=f"{instance.name} timed out")
                entered = self._context.scheduler.entered.get(instance.key)
                if entered and entered.rounds and not entered.rounds.has_begun:
                    self._rounds.join(instance, entered.rounds)  # its tasks are to be cancelled
                cancel_inside(instance, failure)
                this = self._context.attempt_of(instance, self._context.run_of(instance))
                self._settle(instance, this.attempt, Outcome(TaskStatus.TIMED_OUT, error=failure))
        return bool(late)

    def expire_no_more(self) -> None:
        """Forget when open containers time out: their execution has ended what they hold."""
        self._limits.clear()

    def reopen(self, ready: Callable[[], Iterable[TaskInstance]]) -> list[TaskInstance]:
        """Open the containers that a past turn may have had open, writing nothing; return them.

        `ready` gives what may be under way: each container that is opened adds what it holds.
        """
        opened, tried = list[TaskInstance](), set[str]()
        while shut := [each for each in ready() if self._is_mine(each) and each.key not in tried]:
            for instance in shut:
                tried.add(instance.key)
                if self._reopen(instance):
                    opened.append(instance)
        return opened

    def _is_mine(self, instance: TaskInstance) -> bool:
        return self._context.kind_of(instance) is TaskKind.CONTAINER

    def _reopen(self, instance: TaskInstance) -> bool:
        context = self._context
        this = context.attempt_of(instance, context.run_of(instance))
        with suppress(*MALFORMED):  # what cannot be read was never open
            found = open_container(context.scheduler, context.scopes, instance, this)
            if found:
                context.scheduler.entered[instance.key] = found.entered
                if found.entered.rounds:
                    self._rounds.join(instance, found.entered.rounds)
                return True
        return False

    def _enter(self, instance: TaskInstance, run: TaskRun | None) -> None:
        """Open a container, its next attempt being recorded before anything inside."""
        context, recorder = self._context, self._context.recorder
        this = context.attempt_of(instance, run)
        try:
            found = open_container(context.scheduler, context.scopes, instance, this)
        except MALFORMED as error:
            self._settle(instance, this.attempt, _failed(failure_of(error, context.masking)))
            return
        if found is None:
            recorder.skipped(instance, blocked=False, attempt=this.attempt)
            return
        if run and run.status is TaskStatus.RETRYING:
            recorder.restarted(instance, attempt=this.attempt, began_at=this.began_at)
        context.scheduler.entered[instance.key] = found.entered
        if found.timeout is not None:
            self._limits[instance.key] = (this.began_at + found.timeout, instance)
        recorder.entered(instance)

    def _inside(self, instance: TaskInstance, scope: Scope) -> Inside:
        context = self._context
        return Inside(
            outputs=context.scopes.read,
            scope=lambda index: context.scopes.inside(context.scheduler, instance, index, scope),
        )

    def _settle(self, instance: TaskInstance, attempt: int, outcome: Outcome) -> None:
        """Settle a container, or have it wait for its next attempt."""
        context, scheduler = self._context, self._context.scheduler
        for each in (instance, *scheduler.inside(instance)) if self._limits else ():
            self._limits.pop(each.key, None)
        entered = scheduler.entered.get(instance.key)
        counted = replace(outcome, iterations=entered.never_all_begun if entered else None)
        told = context.with_error_line(counted, attempt)
        started_at = context.recorder.ready_at(instance)
        if context.settle(instance, told, attempt=attempt, started_at=started_at):
            scheduler.entered.pop(instance.key, None)


def _left(outputs: Mapping[str, Any], failure: Failure | None, masking: Masking) -> Outcome:
    try:
        text = serialised(outputs)
    except PluginError as error:
        return _failed(failure_of(error, masking))
    status = TaskStatus.FAILED if failure else TaskStatus.SUCCESS
    return Outcome(status, outputs=text, error=failure)


def _failed(failure: Failure) -> Outcome:
    return Outcome(TaskStatus.FAILED, error=failure)
