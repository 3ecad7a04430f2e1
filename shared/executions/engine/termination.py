"""Ends before the time: what was under way when its execution or its container had to end."""

from collections.abc import Callable, Iterable
from contextlib import suppress

from shared.executions.engine.container_entry import opening
from shared.executions.engine.context import Workbench
from shared.executions.engine.current_attempt import try_of
from shared.executions.engine.durable_tasks import Visits
from shared.executions.models import Closing
from shared.executions.scheduling.containers import CONTAINERS
from shared.executions.scheduling.nodes import Node, Start
from shared.executions.task_runs import Failure, TaskRun, TaskStatus
from shared.executions.tasks.outcomes import Outcome
from shared.executions.tasks.timeouts import MALFORMED
from shared.executions.termination import early_end
from shared.flows.plans.plan import Section

MAX_NAMES = 5
"""So many tasks are named at most in an execution's error."""


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
        if closing is Closing.ENGINE_ERROR:
            self._fail_under_way(failure)
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

    def why(self, closing: Closing | None) -> Failure:
        """Why the execution ends; tasks that the engine may have died of are named."""
        failure, board = early_end(closing), self._work.board
        died = {
            run.task_name
            for run in board.runs.values()
            if run.status is TaskStatus.FAILED and run.error and run.error.code == failure.code
        }
        names = [name for name in board.tasks if name in died]
        if not names:
            return failure
        named = ", ".join(names[:MAX_NAMES])
        return failure.model_copy(
            update={"message": f"{failure.message}: {named}", "task_name": names[0]}
        )

    def _fail_under_way(self, failure: Failure) -> None:
        """What may have run when the engine died has failed: nobody knows how far it had come."""
        work = self._work
        for node in self._started("main"):
            run = work.board.runs.get(node.key)
            if self._may_have_run(node, run):
                attempt = run.attempt + 1 if run else 1
                outcome = Outcome(TaskStatus.FAILED, error=failure)
                started_at = (run and run.started_at) or work.recorder.ready_at(node)
                work.recorder.attempted(
                    node,
                    work.with_line(outcome, attempt),
                    attempt=attempt,
                    started_at=started_at,
                    due_at=None,
                )

    def _may_have_run(self, node: Node, run: TaskRun | None) -> bool:
        """Whether it was a thread's to run, and it was time."""
        kind = node.planned.task.type
        is_engines = kind in CONTAINERS or kind in self._work.externals or kind == "flow.wait"
        if is_engines and node.name not in self._work.threads.mocks:
            return False
        return run is None or run.due_at is None or run.due_at <= self._work.clocks.now()

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
        runs = self._work.board.runs
        return [
            node
            for node in self._started(section)
            if not (run := runs.get(node.key)) or run.status is TaskStatus.RUNNING
        ]

    def _started(self, section: Section) -> list[Node]:
        """What is to be started, or was before: it has not settled."""
        actions = self._work.board.actions(section)
        return [action.node for action in actions if isinstance(action, Start)]

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
