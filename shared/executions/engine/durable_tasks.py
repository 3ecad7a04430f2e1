"""Tasks that end outside: a turn looks how they stand, and tells whoever works on one it is over.

How often it looks, and why a look may be repeated, stands in `externals.py`.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from shared.durations import format_duration
from shared.executions.engine.context import Workbench
from shared.executions.engine.current_attempt import Try, try_of
from shared.executions.retention import expires_at
from shared.executions.scheduling.nodes import Node
from shared.executions.task_runs import Failure, TaskRun, TaskStatus
from shared.executions.tasks.conditions import is_wanted
from shared.executions.tasks.durable import Step, Visit
from shared.executions.tasks.outcomes import Outcome, failure_of, serialised
from shared.executions.tasks.timeouts import MALFORMED, read_timeout
from shared.expressions import Scope, render_tree
from shared.plugins.sdk.plugin import PluginError

LOOK_SECONDS = 1.0
"""How often such a task is looked at while something else runs."""

LONGEST_LIFE = timedelta(days=366)
"""What earlier attempts left outside stays so long after them, and the retention after that."""


class Visits:
    def __init__(self, work: Workbench) -> None:
        self._work = work
        self._visited_at: dict[str, float] = {}

    @property
    def has_open(self) -> bool:
        """Whether some task waits for its end from outside; between attempts none does."""
        return any(
            run.task_type in self._work.externals
            and not run.status.is_terminal
            and run.status is not TaskStatus.RETRYING
            for run in self._work.board.runs.values()
        )

    def visit(self, node: Node, run: TaskRun | None, due: list[datetime]) -> bool:
        """See how a task stands; whether it has begun or ended, so that there is more to do.

        If it goes on, what is due goes into `due`.
        """
        if run and not self._is_due(node, run):
            due.extend([run.due_at] if run.due_at else [])
            return False
        self._visited_at[node.key] = self._work.clocks.monotonic()
        this = try_of(self._work, node, run)
        scope = self._scope(node, this)
        try:
            if run is None and not is_wanted(node.planned.task, scope):
                self._work.recorder.skipped(node, blocked=False)
                return True
            step = self._step(node, this, scope)
        except MALFORMED as error:
            step = Step(TaskStatus.FAILED, error=failure_of(error))
        due_at = self._record(node, this, step)
        due.extend([due_at] if due_at else [])
        return run is None or self._work.board.runs[node.key].status.is_terminal

    def _record(self, node: Node, this: Try, step: Step) -> datetime | None:
        """Write how a task stands; when something of it is due."""
        if step.status in {TaskStatus.FAILED, TaskStatus.TIMED_OUT}:
            try:
                outputs = None if step.outputs is None else serialised(step.outputs)
            except PluginError as error:
                outputs, step = None, replace(step, error=failure_of(error))
            outcome = Outcome(step.status, outputs=outputs, error=step.error, logs=step.lines)
            self._keep_a_while(node, outcome)
            told = self._work.with_line(outcome, this.attempt)
            return self._work.settle(node, told, attempt=this.attempt, started_at=this.began_at)
        self._work.recorder.stepped(node, step, attempt=this.attempt, began_at=this.began_at)
        return step.due_at

    def _keep_a_while(self, node: Node, outcome: Outcome) -> None:
        """The end of an execution lets go what the last attempt of a task left outside, no other's.

        Whether this attempt is the last is not known yet: the end comes back to it then.
        """
        work, planned = self._work, node.planned.task
        end = expires_at(work.execution, work.clocks.now())
        if end and planned.retry:
            run = TaskRun(
                task_name=node.name,
                task_type=planned.type,
                status=outcome.status,
                outputs=outcome.outputs,
            )
            work.externals[planned.type].keep_until(work.execution, run, end + LONGEST_LIFE)

    def withdraw(self, node: Node, run: TaskRun | None) -> Step | None:
        """Tell whoever works outside on a task that it is over; its end, if that came first."""
        external = self._work.externals.get(node.planned.task.type)
        if external is None or node.name in self._work.threads.mocks:
            return None
        with suppress(*MALFORMED):  # what cannot be read was never begun
            this = try_of(self._work, node, run)
            scope = self._scope(node, this)
            if run or is_wanted(node.planned.task, scope):
                return external.cancel(self._visit_of(node, this, scope))
        return None

    def _is_due(self, node: Node, run: TaskRun) -> bool:
        clocks = self._work.clocks
        is_time = run.due_at is not None and run.due_at <= clocks.now()
        if is_time or run.status is TaskStatus.RETRYING:
            return is_time
        visited_at = self._visited_at.get(node.key)
        return visited_at is None or clocks.monotonic() - visited_at >= LOOK_SECONDS

    def _step(self, node: Node, this: Try, scope: Scope) -> Step:
        """One step of a task; its own time-out ends it before that."""
        visit = self._visit_of(node, this, scope)
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

    def _scope(self, node: Node, this: Try) -> Scope:
        board, scopes = self._work.board, self._work.scopes
        return scopes.for_node(board, node, attempt=this.attempt, now=this.began_at)

    def _visit_of(self, node: Node, this: Try, scope: Scope) -> Visit:
        key = self._work.row_key(node)
        return Visit(
            execution=self._work.execution,
            key=f"{key}/{this.attempt}" if this.attempt > 1 else key,
            task_name=node.name,
            attempt=this.attempt,
            run=this.run,
            properties=render_tree(node.planned.task.properties, scope, "properties"),
            scope=scope,
            started_at=this.began_at,
            now=self._work.clocks.now(),
        )
