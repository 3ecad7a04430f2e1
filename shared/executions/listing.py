"""All task runs of an execution in the order of the text, those without a record included."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from shared.executions.board import Board
from shared.executions.models import Execution, Status, TaskRun, TaskStatus
from shared.executions.nodes import Node, node_key
from shared.executions.places import latest_runs
from shared.flows.plan import Plan, PlanTask


def board_of(plan: Plan, runs: Mapping[str, TaskRun]) -> Board:
    """A board that knows what is recorded and counts: `runs` by the keys of their rows."""
    board = Board(plan)
    for run in latest_runs(plan, runs).values():
        board.settle(run)
    return board


def task_runs(plan: Plan, execution: Execution, runs: Mapping[str, TaskRun]) -> Iterator[TaskRun]:
    """Every task of the text; behind a loop its iterations, each in the order of the text."""
    board = board_of(plan, runs)
    for planned in plan.tasks:
        if planned.parent is None:
            yield from _with_inner(board, execution, Node(planned))


def _with_inner(board: Board, execution: Execution, node: Node) -> Iterator[TaskRun]:
    yield board.runs.get(node.key) or _unrecorded(board, execution, node)
    inner = board.children(node.name)
    if node.planned.task.type != "flow.foreach":
        for planned in inner:
            yield from _with_inner(board, execution, Node(planned, node.iteration))
        return
    iterations = _iterations(board, node)
    for iteration in iterations:
        for planned in inner:
            if Node(planned, iteration).key in board.runs or _has_inner_run(
                board, planned, iteration
            ):
                yield from _with_inner(board, execution, Node(planned, iteration))
    if not iterations:
        for planned in inner:
            yield from _with_inner(board, execution, Node(planned, node.iteration))


def _iterations(board: Board, node: Node) -> list[str]:
    """The iterations of a loop of which something is recorded, in order."""
    inner = {planned.task.name for planned in board.inner(node.name)}
    depth = len(node.iteration.split(".")) if node.iteration else 0
    found = set()
    for run in board.runs.values():
        indices = (run.iteration or "").split(".")
        is_inside = ".".join(indices[:depth]) == node.iteration
        if run.task_name in inner and run.iteration and is_inside and len(indices) > depth:
            found.add(".".join(indices[: depth + 1]))
    return sorted(found, key=lambda each: [int(index) for index in each.split(".")])


def _has_inner_run(board: Board, planned: PlanTask, iteration: str) -> bool:
    return any(
        node_key(inner.task.name, iteration) in board.runs
        for inner in board.inner(planned.task.name)
    )


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
    if _is_left_out(board, execution, node):
        return TaskStatus.SKIPPED
    if execution.status.is_terminal or execution.closing:
        return TaskStatus.CANCELLED
    ready = all(_is_settled(board, _before(node, name)) for name in _names(node))
    if not ready or node.planned.section != "main":
        return TaskStatus.WAITING
    parent = board.parent_of(node)
    if parent and _shown(board, execution, parent) is not TaskStatus.RUNNING:
        return TaskStatus.WAITING
    is_running = execution.status is Status.RUNNING
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
