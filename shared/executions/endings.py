"""Ends before the time: what was under way when its execution or its container had to end."""

from collections.abc import Callable, Iterable
from contextlib import suppress

from shared.executions.containers import CONTAINERS
from shared.executions.models import Closing, Failure, TaskRun, TaskStatus
from shared.executions.nodes import Node, Start
from shared.executions.opening import opening
from shared.executions.tries import try_of
from shared.executions.visits import Visits
from shared.executions.waits import MALFORMED
from shared.executions.workbench import Workbench
from shared.flows.plan import Section


class Endings:
    def __init__(self, work: Workbench, visits: Visits) -> None:
        self._work = work
        self._visits = visits

    def end_all(self, closing: Closing | None) -> None:
        """Settle what was under way; what could not have begun never gets a record.

        A cancel ends the tasks of `errors` too. What was ready is settled as well: the turn that
        was fenced out may be running it, and must find it settled.
        """
        board, failure = self._work.board, early_end(closing)
        is_cancel = closing is Closing.CANCEL
        sections: tuple[Section, ...] = ("main", "errors") if is_cancel else ("main",)
        opened = self._reopen(sections, lambda _: True)
        ready = self._ready("main")
        if is_cancel and board.is_finished("main") and board.first_failure("main"):
            ready += self._ready("errors")
        self._give_up(lambda _: True, failure)
        nodes = [
            Node(board.tasks[run.task_name], run.iteration or "") for run in board.runs.values()
        ]
        self._cancel_all((node for node in nodes if node.planned.section in sections), failure)
        outermost = [
            node for node in opened if not node.planned.parent and node.planned.section == "main"
        ]
        for node in (*ready, *outermost):
            self._cancel(node, board.runs.get(node.key), failure, is_recorded=is_cancel)

    def end_inside(self, container: Node, failure: Failure) -> None:
        """Cancel what runs inside a container; what has not begun never does."""
        board = self._work.board
        self._reopen((container.planned.section,), lambda node: board.holds(container, node))
        ready = self._ready(container.planned.section)
        self._give_up(lambda node: board.holds(container, node), failure)
        self._cancel_all(board.inside(container), failure)
        for node in ready:
            if board.holds(container, node):
                self._cancel(node, board.runs.get(node.key), failure, is_recorded=False)

    def _reopen(self, sections: Iterable[Section], is_meant: Callable[[Node], bool]) -> list[Node]:
        """Open, on paper, the containers that were open: what is inside cannot be told without."""
        board, opened, tried = self._work.board, list[Node](), set[str]()
        while True:
            shut = [
                node
                for section in sections
                for node in self._ready(section)
                if node.key not in tried and self._is_container(node) and is_meant(node)
            ]
            if not shut:
                return opened
            for node in shut:
                tried.add(node.key)
                with suppress(*MALFORMED):  # what cannot be read was never open
                    found = opening(self._work, node, board.runs.get(node.key))
                    if found.entered:
                        board.entered[node.key] = found.entered
                        opened.append(node)

    def _ready(self, section: Section) -> list[Node]:
        """What may be under way, or about to be, without a record of its own."""
        actions = self._work.board.actions(section)
        nodes = (action.node for action in actions if isinstance(action, Start))
        runs = self._work.board.runs
        return [
            node
            for node in nodes
            if not (run := runs.get(node.key)) or run.status is TaskStatus.RUNNING
        ]

    def _is_container(self, node: Node) -> bool:
        is_mocked = node.name in self._work.threads.mocks
        return node.planned.task.type in CONTAINERS and not is_mocked

    def _give_up(self, is_meant: Callable[[Node], bool], failure: Failure) -> None:
        for active in self._work.threads.give_up(lambda each: is_meant(each.node)):
            self._work.recorder.cancelled(active.node, failure, started_at=active.started_at)

    def _cancel_all(self, nodes: Iterable[Node], failure: Failure) -> None:
        """Settle those that wait; containers last: when what they hold began follows from them."""
        board = self._work.board
        found = ((node, board.runs.get(node.key)) for node in nodes)
        waiting = [(node, run) for node, run in found if run and not run.status.is_terminal]
        for node, run in sorted(waiting, key=lambda pair: pair[1].task_type in CONTAINERS):
            self._cancel(node, run, failure)

    def _cancel(
        self, node: Node, run: TaskRun | None, failure: Failure, *, is_recorded: bool = True
    ) -> None:
        """Settle a task, unless it is; whoever works on it outside is told first."""
        if run and run.status.is_terminal:
            return
        recorder = self._work.recorder
        end = self._visits.withdraw(node, run)
        if end:
            this = try_of(self._work, node, run)
            recorder.stepped(node, end, attempt=this.attempt, began_at=this.began_at)
        elif is_recorded:
            recorder.cancelled(node, failure, started_at=run.started_at if run else None)


def early_end(closing: Closing | None) -> Failure:
    """Why tasks are ended, and the execution with them."""
    if closing is Closing.TIMEOUT:
        return Failure(code="flow_timeout", message="the flow's timeout has passed")
    return Failure(code="cancelled", message="the execution was cancelled")
