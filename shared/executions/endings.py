"""Ends before the time: what was under way when its execution or its container had to end."""

from shared.executions.models import Closing, Failure, TaskRun
from shared.executions.nodes import Node, Start
from shared.executions.visits import Visits
from shared.executions.workbench import Workbench


class Endings:
    def __init__(self, work: Workbench, visits: Visits) -> None:
        self._work = work
        self._visits = visits

    def end_all(self, closing: Closing | None) -> None:
        """Settle what was under way; what could not have begun never gets a record.

        A cancel ends the tasks of `errors` too. What was ready is settled as well: the turn that
        was fenced out may be running it, and must find it settled.
        """
        board, recorder = self._work.board, self._work.recorder
        failure = early_end(closing)
        is_cancel = closing is Closing.CANCEL
        sections = {"main", "errors"} if is_cancel else {"main"}
        ready = [each.node for each in board.actions("main") if isinstance(each, Start)]
        for active in self._work.threads.give_up(lambda _: True):
            recorder.cancelled(active.node, failure, started_at=active.started_at)
        for run in list(board.runs.values()):
            planned = board.tasks[run.task_name]
            if not run.status.is_terminal and planned.section in sections:
                self._cancel(Node(planned, run.iteration or ""), run, failure)

        for node in ready if is_cancel else ():
            if node.key not in board.runs:
                self._visits.withdraw(node, None)
                recorder.cancelled(node, failure, started_at=None)

    def time_out(self, node: Node) -> None:
        """End a container early: what runs inside is cancelled, what has not begun never does."""
        board, recorder = self._work.board, self._work.recorder
        inner = {planned.task.name for planned in board.inner(node.name)}
        failure = Failure(code="timeout", message=f"{node.name} timed out")
        within = f"{node.iteration}." if node.iteration else ""

        def is_inside(task_name: str, iteration: str) -> bool:
            return task_name in inner and f"{iteration}.".startswith(within)

        for active in self._work.threads.give_up(
            lambda each: is_inside(each.node.name, each.node.iteration)
        ):
            recorder.cancelled(active.node, failure, started_at=active.started_at)
        for run in list(board.runs.values()):
            if not run.status.is_terminal and is_inside(run.task_name, run.iteration or ""):
                self._cancel(Node(board.tasks[run.task_name], run.iteration or ""), run, failure)
        recorder.timed_out(node, failure)

    def _cancel(self, node: Node, run: TaskRun, failure: Failure) -> None:
        """Settle a task that waits; whoever works on it outside is told first."""
        recorder = self._work.recorder
        end = self._visits.withdraw(node, run)
        if end:
            recorder.stepped(node, end, started_at=recorder.ready_at(node))
        else:
            recorder.cancelled(node, failure, started_at=run.started_at)


def early_end(closing: Closing | None) -> Failure:
    """Why tasks are ended, and the execution with them."""
    if closing is Closing.TIMEOUT:
        return Failure(code="flow_timeout", message="the flow's timeout has passed")
    return Failure(code="cancelled", message="the execution was cancelled")
