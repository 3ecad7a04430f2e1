"""Containers as they run: entered, left, ended when their time is over, and entered anew.

A round is one attempt of a container: see `places.py` for how rounds are kept apart.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.executions.engine.container_entry import opening
from shared.executions.engine.context import Workbench
from shared.executions.engine.current_attempt import round_began, round_of
from shared.executions.engine.termination import Endings
from shared.executions.scheduling.containers import leave
from shared.executions.scheduling.nodes import Leave, Node
from shared.executions.task_runs import Failure, TaskRun, TaskStatus
from shared.executions.tasks.outcomes import Outcome, failure_of, serialised
from shared.executions.tasks.timeouts import MALFORMED
from shared.plugins.sdk.plugin import PluginError


class Rounds:
    def __init__(self, work: Workbench, endings: Endings) -> None:
        self._work = work
        self._endings = endings
        self._limits: dict[str, tuple[datetime, Node]] = {}

    @property
    def limits(self) -> list[datetime]:
        """When the time of the open containers is over."""
        return [limit for limit, _ in self._limits.values()]

    def enter(self, node: Node, run: TaskRun | None) -> None:
        """Open a container, or settle it at once if it is not wanted or cannot be read.

        `run` is there from the first failure on: RETRYING, or RUNNING if this round had begun.
        """
        recorder = self._work.recorder
        if run and run.status is TaskStatus.RETRYING:
            recorder.forget_inside(node)
        try:
            found = opening(self._work, node, run)
        except MALFORMED as error:
            self._settle(node, round_of(run), _failed(failure_of(error)))
            return
        if found.entered is None:
            recorder.skipped(node, blocked=False, attempt=found.attempt)
            return
        if run and run.status is TaskStatus.RETRYING:
            recorder.begun_anew(node, attempt=found.attempt, began_at=found.began_at)
        self._work.board.entered[node.key] = found.entered
        if found.timeout is not None:
            self._limits[node.key] = (found.began_at + found.timeout, node)
        recorder.entered(node)

    def leave(self, action: Leave) -> None:
        """Settle a container in which all is settled; its outputs are kept even if it failed."""
        node, board, scopes = action.node, self._work.board, self._work.scopes
        run = board.runs.get(node.key)
        attempt, began_at = round_of(run), round_began(self._work, node, run)
        scope = scopes.for_node(board, node, attempt=attempt, now=began_at)
        outputs = leave(board, node, scope, scopes.read)
        self._settle(node, attempt, _left(outputs, action.failure))

    def end_late(self) -> bool:
        """End the containers whose time is over; whether there were any."""
        now = self._work.clocks.now()
        late = [node for limit, node in self._limits.values() if limit <= now]
        for node in late:
            if node.key in self._limits:
                failure = Failure(code="timeout", message=f"{node.name} timed out")
                self._endings.end_inside(node, failure)
                attempt = round_of(self._work.board.runs.get(node.key))
                self._settle(node, attempt, Outcome(TaskStatus.TIMED_OUT, error=failure))
        return bool(late)

    def _settle(self, node: Node, attempt: int, outcome: Outcome) -> None:
        """Settle a container, or let it wait for its next attempt."""
        board = self._work.board
        for each in (node, *board.inside(node)) if self._limits else ():
            self._limits.pop(each.key, None)
        told, started_at = (
            self._work.with_line(outcome, attempt),
            self._work.recorder.ready_at(node),
        )
        if self._work.settle(node, told, attempt=attempt, started_at=started_at):
            board.entered.pop(node.key, None)


def _left(outputs: Mapping[str, Any], failure: Failure | None) -> Outcome:
    try:
        text = serialised(outputs)
    except PluginError as error:
        return _failed(failure_of(error))
    status = TaskStatus.FAILED if failure else TaskStatus.SUCCESS
    return Outcome(status, outputs=text, error=failure)


def _failed(failure: Failure) -> Outcome:
    return Outcome(TaskStatus.FAILED, error=failure)
