"""All task runs of an execution in the order of the text, those without a record included."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from shared.executions.models import Execution, Status
from shared.executions.scheduling.container_attempts import latest_runs
from shared.executions.scheduling.nodes import Node
from shared.executions.scheduling.scheduler import Board
from shared.executions.scheduling.task_tree import LOOP
from shared.executions.task_runs import TaskRun, TaskStatus, node_key
from shared.flows.plans.plan import Plan


def board_of(plan: Plan, runs: Mapping[str, TaskRun]) -> Board:
    """A board that knows what is recorded and counts: `runs` by the keys of their rows."""
    board = Board(plan)
    for run in latest_runs(board, runs).values():
        board.settle(run)
    return board


def task_runs(plan: Plan, execution: Execution, runs: Mapping[str, TaskRun]) -> Iterator[TaskRun]:
    """Every task of the text; behind a loop its iterations, each in the order of the text."""
    return listed(board_of(plan, runs), execution)


def listed(board: Board, execution: Execution) -> Iterator[TaskRun]:
    """See `task_runs`: of a board that is there already."""
    inside = _Inside(board)
    for planned in board.tasks.values():
        if planned.parent is None:
            yield from _with_inner(board, execution, inside, Node(planned))


class _Inside:
    """Of which containers something is recorded inside, and of loops in which iterations."""

    def __init__(self, board: Board) -> None:
        self._containers: set[str] = set()
        self._iterations: dict[str, set[str]] = {}
        for run in board.runs.values():
            if run.task_name in board.tasks:
                self._note(board, Node(board.tasks[run.task_name], run.iteration or ""))

    def _note(self, board: Board, node: Node) -> None:
        while parent := board.parent_of(node):
            if parent.planned.task.type == LOOP:
                self._iterations.setdefault(parent.key, set()).add(node.iteration)
            if parent.key in self._containers:
                return  # what stands round it is noted too
            self._containers.add(parent.key)
            node = parent

    def has_any(self, node: Node) -> bool:
        return node.key in self._containers

    def iterations(self, node: Node) -> list[str]:
        found = self._iterations.get(node.key, ())
        return sorted(found, key=lambda each: int(each.rpartition(".")[2]))


def _with_inner(
    board: Board, execution: Execution, inside: _Inside, node: Node
) -> Iterator[TaskRun]:
    yield board.runs.get(node.key) or _unrecorded(board, execution, node)
    inner = board.children(node.name)
    iterations = inside.iterations(node)
    found = (Node(planned, iteration) for iteration in iterations for planned in inner)
    if not iterations:
        found = (Node(planned, node.iteration) for planned in inner)
    for each in found:
        if not iterations or each.key in board.runs or inside.has_any(each):
            yield from _with_inner(board, execution, inside, each)


def _unrecorded(board: Board, execution: Execution, node: Node) -> TaskRun:
    status = _status(board, execution, node)
    is_running = status is TaskStatus.RUNNING
    return TaskRun(
        task_name=node.name,
        task_type=node.planned.task.type,
        status=status,
        iteration=node.iteration or None,
        started_at=_ready_at(board, execution, node) if is_running else None,
    )


def _ready_at(board: Board, execution: Execution, node: Node) -> datetime | None:
    """About when a task began that has no record: when what comes before it had ended."""
    ends = [board.runs[_before(node, name)].finished_at for name in _names(node)]
    parent = board.parent_of(node)
    if any(ends) or parent is None:
        return max((end for end in ends if end), default=execution.started_at)
    run = board.runs.get(parent.key)
    return run.due_at if run and run.due_at else _ready_at(board, execution, parent)


def _status(board: Board, execution: Execution, node: Node) -> TaskStatus:
    """What a task without a record is; an execution with `due_at` waits for its next attempt."""
    if _is_left_out(board, execution, node):
        return TaskStatus.SKIPPED
    if execution.status.is_terminal or (execution.closing and node.planned.section == "main"):
        return TaskStatus.CANCELLED
    ready = all(_is_settled(board, _before(node, name)) for name in _names(node))
    if not ready or node.planned.section != "main":
        return TaskStatus.WAITING
    parent = board.parent_of(node)
    if parent and _shown(board, execution, parent) is not TaskStatus.RUNNING:
        return TaskStatus.WAITING
    is_running = execution.status is Status.RUNNING and execution.due_at is None
    return TaskStatus.RUNNING if is_running else TaskStatus.PENDING


def _shown(board: Board, execution: Execution, node: Node) -> TaskStatus:
    run = board.runs.get(node.key)
    return run.status if run else _status(board, execution, node)


def _is_left_out(board: Board, execution: Execution, node: Node) -> bool:
    """Inside a settled container, or in a chain that was not needed: never to run, by the rules."""
    parent = board.parent_of(node)
    if parent is None:
        return node.planned.section == "errors" and execution.status.is_terminal
    run = board.runs.get(parent.key)
    if run is None:
        return _is_left_out(board, execution, parent)
    return run.status.is_terminal and run.status is not TaskStatus.CANCELLED


def _names(node: Node) -> list[str]:
    return [predecessor.name for predecessor in node.planned.predecessors]


def _before(node: Node, name: str) -> str:
    return node_key(name, node.iteration)


def _is_settled(board: Board, key: str) -> bool:
    return key in board.runs and board.runs[key].status.is_terminal
