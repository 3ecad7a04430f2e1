"""Tasks that end outside: a turn looks how they stand, and tells whoever works on one it is over.

How often it looks, and why a look may be repeated, stands in `externals.py`.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from shared.durations import format_duration
from shared.executions.externals import Step, Visit
from shared.executions.models import Failure, TaskRun, TaskStatus
from shared.executions.nodes import Node
from shared.executions.threads import is_wanted
from shared.executions.waits import MALFORMED, read_timeout
from shared.executions.workbench import Workbench
from shared.expressions import Scope, render_tree

LOOK_SECONDS = 1.0
"""How often such a task is looked at while something else runs."""


class Visits:
    def __init__(self, work: Workbench) -> None:
        self._work = work
        self._visited_at: dict[str, float] = {}

    @property
    def has_open(self) -> bool:
        """Whether some task waits for its end from outside."""
        return any(
            run.task_type in self._work.externals and not run.status.is_terminal
            for run in self._work.board.runs.values()
        )

    def visit(self, node: Node, run: TaskRun | None, due: list[datetime]) -> bool:
        """See how a task stands; whether it has ended. If not, what is due goes into `due`."""
        recorder = self._work.recorder
        if run and not self._is_due(node, run):
            due.extend([run.due_at] if run.due_at else [])
            return False
        self._visited_at[node.key] = self._work.clocks.monotonic()
        scope = self._scope(node)
        try:
            if run is None and not is_wanted(node.planned.task, scope):
                recorder.skipped(node, blocked=False)
                return True
            step = self._step(node, run, scope)
        except MALFORMED as error:
            recorder.failed(node, error, started_at=recorder.ready_at(node))
            return True
        recorder.stepped(node, step, started_at=recorder.ready_at(node))
        due.extend([step.due_at] if step.due_at else [])
        return step.status.is_terminal

    def withdraw(self, node: Node, run: TaskRun | None) -> Step | None:
        """Tell whoever works outside on a task that it is over; its end, if that came first."""
        external = self._work.externals.get(node.planned.task.type)
        if external is None:
            return None
        with suppress(*MALFORMED):  # what cannot be read was never begun
            scope = self._scope(node)
            if run or is_wanted(node.planned.task, scope):
                return external.cancel(self._visit_of(node, run, scope))
        return None

    def _is_due(self, node: Node, run: TaskRun) -> bool:
        clocks = self._work.clocks
        visited_at = self._visited_at.get(node.key)
        if visited_at is None or clocks.monotonic() - visited_at >= LOOK_SECONDS:
            return True
        return run.due_at is not None and run.due_at <= clocks.now()

    def _step(self, node: Node, run: TaskRun | None, scope: Scope) -> Step:
        """One step of a task; its own time-out ends it before that."""
        visit = self._visit_of(node, run, scope)
        timeout = read_timeout(node.planned.task, scope)
        limit = None if timeout is None else visit.started_at + timeout
        external = self._work.externals[node.planned.task.type]
        step = external.step(visit)
        if limit is None or step.status.is_terminal:
            return step
        if limit <= visit.now:
            message = f"timed out after {format_duration(limit - visit.started_at)}"
            failure = Failure(code="timeout", message=message)
            late = Step(TaskStatus.TIMED_OUT, outputs=step.outputs, error=failure, lines=step.lines)
            return external.cancel(visit) or late
        return replace(step, due_at=min(step.due_at, limit) if step.due_at else limit)

    def _scope(self, node: Node) -> Scope:
        ready_at = self._work.recorder.ready_at(node)
        return self._work.scopes.for_node(self._work.board, node, attempt=1, now=ready_at)

    def _visit_of(self, node: Node, run: TaskRun | None, scope: Scope) -> Visit:
        return Visit(
            execution=self._work.execution,
            key=self._work.row_key(node),
            task_name=node.name,
            run=run,
            properties=render_tree(node.planned.task.properties, scope, "properties"),
            scope=scope,
            started_at=self._work.recorder.ready_at(node),
            now=self._work.clocks.now(),
        )
