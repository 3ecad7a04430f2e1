"""Writes what a turn settles, and takes over what another turn recorded first."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from shared.executions.limits import (
    MAX_EXECUTION_BYTES,
    MAX_EXECUTION_LOG_BYTES,
    refused,
    within_bounds,
    without_log,
)
from shared.executions.logs import joined, log_size
from shared.executions.models import Execution
from shared.executions.scheduling.nodes import Node
from shared.executions.scheduling.scheduler import Board
from shared.executions.secrets import masked_run
from shared.executions.store.payloads import Payloads, size_of
from shared.executions.store.repository import ExecutionRepository
from shared.executions.task_runs import Failure, LogLine, Stored, TaskRun, TaskStatus, node_key
from shared.executions.tasks.durable import Step
from shared.executions.tasks.outcomes import Outcome, failure_of, serialised
from shared.executions.tasks.scopes import ScopeBuilder
from shared.flows.plans.plan import Section
from shared.masking import Masking
from shared.plugins.sdk.plugin import PluginError
from shared.times import to_rfc3339


class BehindError(Exception):
    """An older turn settled what this one did not know of: all must be read again."""


class Recorder:
    """One turn's pen: every write carries its fence; `overtaken` is raised when it is too old."""

    def __init__(  # noqa: PLR0913 - what a record is made of
        self,
        *,
        executions: ExecutionRepository,
        execution: Execution,
        board: Board,
        scopes: ScopeBuilder,
        fence: int,
        masking: Masking,
        payloads: Payloads,
        now: Callable[[], datetime],
        overtaken: type[Exception],
    ) -> None:
        self._executions = executions
        self._execution = execution
        self._board = board
        self._scopes = scopes
        self._fence = fence
        self._masking = masking
        self._payloads = payloads
        self._kept_bytes = self._log_bytes = 0
        self.objects: list[Stored] = []
        """What the turn knows to be in S3, of rounds that are past too."""
        self._now = now
        self._overtaken = overtaken

    def adopt(self, run: TaskRun) -> None:
        """Take a recorded task run for what it is."""
        self._board.settle(run)
        self.count(run)
        if run.status.is_terminal and run.task_name in self._board.tasks:
            self._scopes.add(run)
            if run.status is not TaskStatus.SUCCESS or self._holds_tasks(run.task_name):
                self._empty_inside(run)

    def count(self, run: TaskRun) -> None:
        """Count what a row holds: one of a round that is past is read in each turn like others."""
        self._kept_bytes += size_of(run)
        self._log_bytes += log_size(run.logs)
        if run.stored:
            self.objects.append(run.stored)

    def ready_at(self, node: Node) -> datetime:
        """When the last predecessor settled, and there was room for the iteration of its loop.

        The same however often a turn is repeated.
        """
        opened_at = self._opened_at(node)
        ends = (
            self._board.runs[node_key(before.name, node.iteration)].finished_at
            for before in node.planned.predecessors
        )
        # What was copied from another execution ended before this one began.
        return max((end for end in ends if end and end > opened_at), default=opened_at)

    def _opened_at(self, node: Node) -> datetime:
        """When the list that a node stands in could begin."""
        parent = self._board.parent_of(node)
        if parent is None:
            return self._execution.started_at or self._execution.created_at
        run = self._board.runs.get(parent.key)
        opened_at = run.due_at if run and run.due_at else self.ready_at(parent)
        return max(opened_at, self._board.started_at(node) or opened_at)

    def settled_at(self) -> datetime:
        """When the last of all tasks settled."""
        started_at = self._execution.started_at or self._execution.created_at
        ends = (run.finished_at for run in self._board.runs.values())
        return max((end for end in ends if end and end > started_at), default=started_at)

    def skipped(self, node: Node, *, blocked: bool, attempt: int = 1) -> None:
        self._write(node, status=TaskStatus.SKIPPED, blocked=blocked, attempt=attempt)

    def failed(self, node: Node, error: Exception, *, started_at: datetime) -> None:
        """Fail a task whose own fields cannot be read."""
        self._end(node, TaskStatus.FAILED, started_at, error=failure_of(error))

    def cancelled(self, node: Node, failure: Failure, *, started_at: datetime | None) -> None:
        self._end(node, TaskStatus.CANCELLED, started_at, error=failure)

    def begun_anew(self, node: Node, *, attempt: int, began_at: datetime) -> None:
        """Begin another round of a container: what earlier ones recorded counts no more.

        This is written before anything inside, so that what stands inside is of one round. Raises
        BehindError if an older turn has settled the container in the meantime.
        """
        earlier = self._board.runs[node.key]
        self._write(
            node,
            status=TaskStatus.RUNNING,
            attempt=attempt,
            started_at=earlier.started_at,
            due_at=began_at,
        )
        if self._board.runs[node.key].status.is_terminal:
            raise BehindError

    def forget_inside(self, node: Node) -> None:
        """Let what an attempt of a container did that is over count no more."""
        inside = self._board.inside(node)
        self._board.forget(inside)
        self._scopes.forget(inside)

    def entered(self, node: Node) -> None:
        """Make the outputs of what a container leaves out readable: empty, as of skipped tasks."""
        branch = self._board.entered[node.key].branch
        for planned in self._board.inner(node.name):
            if planned.parent == node.name and planned.branch != branch:
                self._scopes.add_empty(planned.task.name, node.iteration)
                for inner in self._board.inner(planned.task.name):
                    self._scopes.add_empty(inner.task.name, node.iteration)

    def left_out(self, section: Section) -> None:
        """Make the outputs of a chain that does not run readable: empty, as of skipped tasks."""
        for planned in self._board.list_of(section, None):
            for each in (planned, *self._board.inner(planned.task.name)):
                self._scopes.add_empty(each.task.name, "")

    def waiting(self, node: Node, *, attempt: int, began_at: datetime, due_at: datetime) -> None:
        earlier = self._board.runs.get(node.key)
        self._write(
            node,
            status=TaskStatus.RUNNING,
            attempt=attempt,
            started_at=(earlier and earlier.started_at) or began_at,
            began_at=began_at if attempt > 1 else None,
            due_at=due_at,
        )

    def stepped(self, node: Node, step: Step, *, attempt: int, began_at: datetime) -> None:
        """Record how a task stands that ends outside, unless that is recorded already."""
        earlier = self._board.runs.get(node.key)
        started_at = (earlier and earlier.started_at) or self.ready_at(node)
        try:
            outputs = None if step.outputs is None else serialised(step.outputs)
        except PluginError as error:
            self.failed(node, error, started_at=started_at)
            return
        if step.status.is_terminal:
            self._end(
                node,
                step.status,
                started_at,
                attempt=attempt,
                error=step.error,
                outputs=outputs,
                lines=step.lines,
            )
            return
        stands = (step.status, outputs, step.due_at)
        if (
            earlier
            and not step.lines
            and (earlier.status, earlier.outputs, earlier.due_at) == stands
        ):
            return
        self._write(
            node,
            status=step.status,
            attempt=attempt,
            outputs=outputs,
            started_at=started_at,
            began_at=began_at if attempt > 1 else None,
            due_at=step.due_at,
            logs=step.lines,
        )

    def attempted(
        self,
        node: Node,
        outcome: Outcome,
        *,
        attempt: int,
        started_at: datetime,
        due_at: datetime | None,
    ) -> None:
        """Settle a task with its last attempt, or keep a failed attempt until the next is due."""
        if outcome.status is TaskStatus.SKIPPED:
            self.skipped(node, blocked=False)
            return
        is_over = due_at is None
        self._write(
            node,
            status=outcome.status if is_over else TaskStatus.RETRYING,
            attempt=attempt,
            outputs=outcome.outputs if is_over else None,
            error=outcome.error,
            started_at=started_at,
            finished_at=self._now() if is_over else None,
            due_at=due_at,
            logs=(*outcome.logs, self._announced(attempt, due_at)) if due_at else outcome.logs,
        )

    def _announced(self, attempt: int, due_at: datetime) -> LogLine:
        """The line of the engine's own that says when the next attempt begins."""
        message = f"attempt {attempt} failed, the next is due at {to_rfc3339(due_at)}"
        return LogLine(timestamp=self._now(), level="WARN", message=message, attempt=attempt)

    def _end(  # noqa: PLR0913 - what an end is made of, each named
        self,
        node: Node,
        status: TaskStatus,
        started_at: datetime | None,
        *,
        attempt: int | None = None,
        error: Failure | None = None,
        outputs: str | None = None,
        lines: tuple[LogLine, ...] = (),
    ) -> None:
        earlier = self._board.runs.get(node.key)
        attempt = attempt or (earlier.attempt if earlier else 1)
        if error and status is not TaskStatus.CANCELLED and error.task_name is None:
            failed = LogLine(
                timestamp=self._now(), level="ERROR", message=error.message, attempt=attempt
            )
            lines = (*lines, failed)
        self._write(
            node,
            status=status,
            attempt=attempt,
            error=error,
            outputs=outputs,
            started_at=started_at,
            finished_at=self._now(),
            logs=lines,
        )

    def _write(self, node: Node, **fields: Any) -> None:
        earlier = self._board.runs.get(node.key)
        if earlier and earlier.logs:
            fields["logs"] = joined(earlier.logs, fields.get("logs", ()))
        run = TaskRun(
            task_name=node.name,
            task_type=node.planned.task.type,
            iteration=node.iteration or None,
            rounds=self._board.rounds(node),
            fence=self._fence,
            **fields,
        )
        recorded = self._executions.record(self._execution, self._storable(run))
        if recorded is None or recorded.fence > self._fence:
            raise self._overtaken
        self.adopt(recorded)

    def _storable(self, run: TaskRun) -> TaskRun:
        """A task run as its row may hold it: masked, within bounds, large outputs elsewhere."""
        run = within_bounds(masked_run(self._masking, run))
        if self._kept_bytes + size_of(run) > MAX_EXECUTION_BYTES:
            run = refused(run, self._now())
        if run.logs and self._log_bytes + log_size(run.logs) > MAX_EXECUTION_LOG_BYTES:
            run = without_log(run, self._now())
        return self._payloads.shelved(self._execution, run)

    def _holds_tasks(self, name: str) -> bool:
        return any(True for _ in self._board.branches(name))

    def _empty_inside(self, run: TaskRun) -> None:
        """What stands inside a settled container and never ran reads as an empty map."""
        for planned in self._board.inner(run.task_name):
            self._scopes.add_empty(planned.task.name, run.iteration or "")
