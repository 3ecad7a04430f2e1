"""Tasks that wait (`flow.wait`): no thread and no turn stays for them."""

from datetime import datetime

from shared.executions.engine.context import TurnContext
from shared.executions.scheduling.nodes import TaskInstance
from shared.executions.task_runs import TaskRun, TaskStatus
from shared.executions.tasks.conditions import is_wanted
from shared.executions.tasks.outcomes import Outcome, failure_of
from shared.executions.tasks.timeouts import MALFORMED
from shared.executions.tasks.waits import read_wait, waited


class WaitRunner:
    """The runner of WAIT tasks: a wait is a moment in the task's record.

    Begins by recording when it is over, however long that takes. Ends in whichever turn comes at
    or after that moment, which the turn answers with if nothing else is to be done before. A
    cancel has nobody to tell.
    """

    is_open = False
    """Always False: the end of a wait has a known moment, which is in `due`."""

    def __init__(self, context: TurnContext) -> None:
        self._context = context

    def advance(self, instance: TaskInstance, run: TaskRun | None, due: list[datetime]) -> bool:
        """Begin a wait, or end one that is over; if it goes on, its end goes into `due`."""
        if moment := self._context.awaited(run):
            due.append(moment)
            return False
        self._begin_or_end(instance, run)
        return True

    def cancel(self, _instance: TaskInstance, _run: TaskRun | None) -> bool:
        """Tell nobody; False: the task's end is to be written."""
        return False

    def _begin_or_end(self, instance: TaskInstance, run: TaskRun | None) -> None:
        context, now = self._context, self._context.clocks.now()
        this = context.attempt_of(instance, run)
        scope = context.scope_of(instance, this)
        began_at = (this.run.began_at or this.run.started_at if this.run else None) or now
        try:
            if run is None and not is_wanted(instance.planned.task, scope):
                context.recorder.skipped(instance, blocked=False)
                return
            wait = read_wait(instance.planned.task, scope, began_at)
        except MALFORMED as error:
            outcome = Outcome(TaskStatus.FAILED, error=failure_of(error, context.masking))
        else:
            if wait.due_at > now:
                context.recorder.waiting(
                    instance, attempt=this.attempt, began_at=wait.started_at, due_at=wait.due_at
                )
                return
            outcome = waited(wait, now)
        told = context.with_error_line(outcome, this.attempt)
        context.settle(instance, told, attempt=this.attempt, started_at=began_at)
