"""The recorder of a turn: writes what settles, adopts what another turn recorded first."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from shared.executions.engine.round_bytes import RoundBytes
from shared.executions.limits import (
    MAX_EXECUTION_BYTES,
    MAX_EXECUTION_LOG_BYTES,
    refused,
    within_bounds,
    without_log,
)
from shared.executions.logs import joined, log_size
from shared.executions.models import Execution
from shared.executions.scheduling.current_attempt import CurrentAttempt
from shared.executions.scheduling.nodes import TaskInstance
from shared.executions.scheduling.scheduler import Scheduler
from shared.executions.scheduling.task_tree import LOOP
from shared.executions.secrets import masked_run
from shared.executions.store.payloads import PayloadStore, size_of
from shared.executions.store.repository import ExecutionRepository
from shared.executions.task_runs import (
    Failure,
    LogLine,
    PassedRounds,
    Stored,
    TaskRun,
    TaskStatus,
    node_key,
)
from shared.executions.tasks.durable import DurableState
from shared.executions.tasks.outcomes import Outcome, failure_of, serialised
from shared.executions.tasks.scopes import ScopeBuilder
from shared.expressions import TemplateError
from shared.flows.plans.plan import Section
from shared.masking import Masking
from shared.plugins.sdk.plugin import PluginError
from shared.times import to_rfc3339


class FencedError(Exception):
    """A newer turn or generation holds the segment (ADR 4)."""


class StaleReadError(Exception):
    """An older turn settled what this one did not know of: all must be read again."""


class Recorder:
    """The recorder of one turn: each write has its fence (ADR 4); FencedError if that is old."""

    def __init__(  # noqa: PLR0913 - what a record is made of
        self,
        *,
        executions: ExecutionRepository,
        execution: Execution,
        scheduler: Scheduler,
        scopes: ScopeBuilder,
        fence: int,
        masking: Masking,
        payloads: PayloadStore,
        now: Callable[[], datetime],
    ) -> None:
        self._executions = executions
        self._execution = execution
        self._scheduler = scheduler
        self._scopes = scopes
        self._fence = fence
        self._masking = masking
        self._payloads = payloads
        self._kept_bytes = self._log_bytes = 0
        self._round_bytes = RoundBytes()
        self.objects: list[Stored] = []
        """The objects in S3 that the turn knows of, those of past container attempts included."""
        self._now = now

    def apply(self, run: TaskRun) -> None:
        """Take a recorded task run for what it is."""
        self._scheduler.apply(run)
        self.count(run)
        if run.status.is_terminal and run.task_name in self._scheduler.tasks:
            self._scopes.add(run)
            if run.status is not TaskStatus.SUCCESS or self._holds_tasks(run.task_name):
                self._empty_inside(run)

    def count(self, run: TaskRun) -> None:
        """Count what a row holds: those of past container attempts are read in each turn too."""
        self._add(run, 1)
        if run.stored:
            self.objects.append(run.stored)

    def _add(self, run: TaskRun, times: int) -> None:
        size, log = times * size_of(run), times * log_size(run.logs)
        self._kept_bytes += size
        self._log_bytes += log
        self._round_bytes.add(run, size, log)

    def count_passed(self, run: TaskRun) -> None:
        """Count the rounds of a recorded loop that are over: nobody reads them again."""
        if run.passed:
            self._kept_bytes += run.passed.output_bytes
            self._log_bytes += run.passed.log_bytes
            self._round_bytes.add(run, run.passed.output_bytes, run.passed.log_bytes)

    def ready_at(self, instance: TaskInstance) -> datetime:
        """Return when the last predecessor settled, and its loop had room for the iteration.

        The same however often a turn is repeated.
        """
        opened_at = self.opened_at(instance)
        ends = (
            self._scheduler.runs[node_key(before.name, instance.iteration)].finished_at
            for before in instance.planned.predecessors
        )
        # What was copied from another execution ended before this one began.
        return max((end for end in ends if end and end > opened_at), default=opened_at)

    def opened_at(self, instance: TaskInstance) -> datetime:
        """Return when the list that a task stands in could begin."""
        parent = self._scheduler.parent_of(instance)
        if parent is None:
            return self._execution.started_at or self._execution.created_at
        run = self._scheduler.runs.get(parent.key)
        opened_at = run.due_at if run and run.due_at else self.ready_at(parent)
        return max(opened_at, self._scheduler.started_at(instance) or opened_at)

    def settled_at(self) -> datetime:
        """Return when the last of all tasks settled."""
        started_at = self._execution.started_at or self._execution.created_at
        ends = (run.finished_at for run in self._scheduler.runs.values())
        return max((end for end in ends if end and end > started_at), default=started_at)

    def skipped(self, instance: TaskInstance, *, blocked: bool, attempt: int = 1) -> None:
        self._write(instance, status=TaskStatus.SKIPPED, blocked=blocked, attempt=attempt)

    def failed(
        self, instance: TaskInstance, error: PluginError | TemplateError, *, started_at: datetime
    ) -> None:
        """Fail a task whose own fields cannot be read."""
        self._end(instance, TaskStatus.FAILED, started_at, error=failure_of(error, self._masking))

    def cancelled(
        self, instance: TaskInstance, failure: Failure, *, started_at: datetime | None
    ) -> None:
        """Cancel a task; one between two attempts keeps why the last one failed."""
        earlier = self._scheduler.runs.get(instance.key)
        error = failure.caused_by(earlier.error if earlier else None)
        self._end(instance, TaskStatus.CANCELLED, started_at, error=error)

    def restarted(self, instance: TaskInstance, *, attempt: int, began_at: datetime) -> None:
        """Begin another attempt of a container: what earlier ones recorded counts no more.

        This is written before anything inside, so that what stands inside is of one attempt. Raises
        StaleReadError if an older turn has settled the container in the meantime.
        """
        earlier = self._scheduler.runs[instance.key]
        self._write(
            instance,
            status=TaskStatus.RUNNING,
            attempt=attempt,
            started_at=earlier.started_at,
            began_at=began_at if earlier.task_type == LOOP else None,
            due_at=began_at,
            passed=earlier.passed and earlier.passed.model_copy(update={"count": 0}),
        )
        self._check_open(instance)

    def round_passed(
        self, instance: TaskInstance, this: CurrentAttempt, index: int, *, due_at: datetime
    ) -> None:
        """Record that a round of a loop was not its last, and when the next begins.

        This is written before that, so that no round is repeated or left out. Raises
        StaleReadError if an older turn has settled the loop in the meantime.
        """
        earlier = self._scheduler.runs.get(instance.key)
        passed = (earlier and earlier.passed) or PassedRounds()
        self._write(
            instance,
            status=TaskStatus.RUNNING,
            attempt=this.attempt,
            started_at=(earlier and earlier.started_at) or this.began_at,
            began_at=this.began_at if this.attempt > 1 else None,
            due_at=due_at,
            passed=passed.model_copy(update={"count": index + 1}),
        )
        self._check_open(instance)

    def _check_open(self, instance: TaskInstance) -> None:
        if self._scheduler.runs[instance.key].status.is_terminal:
            raise StaleReadError

    def forget_inside(self, instance: TaskInstance) -> None:
        """Drop the records of a container attempt that is over, so that they count no more."""
        inside = self._scheduler.inside(instance)
        self._scheduler.forget(inside)
        self._scopes.forget(inside)

    def entered(self, instance: TaskInstance) -> None:
        """Make the outputs of what a container leaves out readable: empty, as of skipped tasks."""
        branch = self._scheduler.entered[instance.key].branch
        for planned in self._scheduler.inner(instance.name):
            if planned.parent == instance.name and planned.branch != branch:
                self._scopes.add_empty(planned.task.name, instance.iteration)
                for inner in self._scheduler.inner(planned.task.name):
                    self._scopes.add_empty(inner.task.name, instance.iteration)

    def left_out(self, section: Section) -> None:
        """Make the outputs of a chain that does not run readable: empty, as of skipped tasks."""
        for planned in self._scheduler.list_of(section, None):
            for each in (planned, *self._scheduler.inner(planned.task.name)):
                self._scopes.add_empty(each.task.name, "")

    def waiting(
        self, instance: TaskInstance, *, attempt: int, began_at: datetime, due_at: datetime
    ) -> None:
        earlier = self._scheduler.runs.get(instance.key)
        self._write(
            instance,
            status=TaskStatus.RUNNING,
            attempt=attempt,
            started_at=(earlier and earlier.started_at) or began_at,
            began_at=began_at if attempt > 1 else None,
            due_at=due_at,
        )

    def progressed(
        self, instance: TaskInstance, state: DurableState, *, attempt: int, began_at: datetime
    ) -> None:
        """Record how a task stands that ends outside, unless that is recorded already."""
        earlier = self._scheduler.runs.get(instance.key)
        started_at = (earlier and earlier.started_at) or self.ready_at(instance)
        try:
            outputs = None if state.outputs is None else serialised(state.outputs)
        except PluginError as error:
            self.failed(instance, error, started_at=started_at)
            return
        if state.status.is_terminal:
            self._end(
                instance,
                state.status,
                started_at,
                attempt=attempt,
                error=state.error,
                outputs=outputs,
                lines=state.lines,
            )
            return
        stands = (state.status, outputs, state.due_at)
        if (
            earlier
            and not state.lines
            and (earlier.status, earlier.outputs, earlier.due_at) == stands
        ):
            return
        self._write(
            instance,
            status=state.status,
            attempt=attempt,
            outputs=outputs,
            started_at=started_at,
            began_at=began_at if attempt > 1 else None,
            due_at=state.due_at,
            logs=state.lines,
        )

    def attempt_ended(
        self,
        instance: TaskInstance,
        outcome: Outcome,
        *,
        attempt: int,
        started_at: datetime,
        due_at: datetime | None,
    ) -> None:
        """Settle a task with its last attempt, or keep a failed attempt until the next is due."""
        if outcome.status is TaskStatus.SKIPPED:
            self.skipped(instance, blocked=False)
            return
        is_over = due_at is None
        self._write(
            instance,
            status=outcome.status if is_over else TaskStatus.RETRYING,
            attempt=attempt,
            outputs=outcome.outputs if is_over else None,
            error=outcome.error,
            started_at=started_at,
            finished_at=self._now() if is_over else None,
            due_at=due_at,
            iterations=outcome.iterations if is_over else None,
            logs=(*outcome.logs, self._announced(attempt, due_at)) if due_at else outcome.logs,
        )

    def _announced(self, attempt: int, due_at: datetime) -> LogLine:
        """Return the engine's own log line that says when the next attempt begins."""
        message = f"attempt {attempt} failed, the next is due at {to_rfc3339(due_at)}"
        return LogLine(timestamp=self._now(), level="WARN", message=message, attempt=attempt)

    def _end(  # noqa: PLR0913 - what an end is made of, each named
        self,
        instance: TaskInstance,
        status: TaskStatus,
        started_at: datetime | None,
        *,
        attempt: int | None = None,
        error: Failure | None = None,
        outputs: str | None = None,
        lines: tuple[LogLine, ...] = (),
    ) -> None:
        earlier = self._scheduler.runs.get(instance.key)
        attempt = attempt or (earlier.attempt if earlier else 1)
        if error and status is not TaskStatus.CANCELLED and error.task_name is None:
            failed = LogLine(
                timestamp=self._now(), level="ERROR", message=error.message, attempt=attempt
            )
            lines = (*lines, failed)
        self._write(
            instance,
            status=status,
            attempt=attempt,
            error=error,
            outputs=outputs,
            started_at=started_at,
            finished_at=self._now(),
            logs=lines,
        )

    def _write(self, instance: TaskInstance, **fields: Any) -> None:
        earlier = self._scheduler.runs.get(instance.key)
        if earlier and earlier.passed:
            fields.setdefault("passed", earlier.passed)
        if earlier:
            self._add(earlier, -1)  # the same row: what is kept of it is counted when it is written
        if earlier and earlier.logs:
            fields["logs"] = joined(earlier.logs, fields.get("logs", ()))
        run = TaskRun(
            task_name=instance.name,
            task_type=instance.planned.task.type,
            iteration=instance.iteration or None,
            rounds=self._scheduler.rounds(instance),
            round_of=self._scheduler.round_of(instance),
            fence=self._fence,
            **fields,
        )
        if run.task_type == LOOP:
            run = run.model_copy(update={"passed": self._round_bytes.take(run, run.passed)})
        recorded = self._executions.record(self._execution, self._storable(run))
        if recorded is None or recorded.fence > self._fence:
            raise FencedError
        self.apply(recorded)

    def _storable(self, run: TaskRun) -> TaskRun:
        """Return a task run as its row may hold it: masked, within bounds, large outputs in S3."""
        run = within_bounds(masked_run(self._masking, run))
        if self._kept_bytes + size_of(run) > MAX_EXECUTION_BYTES:
            run = refused(run, self._now())
        if run.logs and self._log_bytes + log_size(run.logs) > MAX_EXECUTION_LOG_BYTES:
            run = without_log(run, self._now())
        return self._payloads.offloaded(self._execution, run)

    def _holds_tasks(self, name: str) -> bool:
        return any(True for _ in self._scheduler.branches(name))

    def _empty_inside(self, run: TaskRun) -> None:
        """Give the tasks that never ran inside a settled container an empty map as outputs."""
        is_cancelled = run.status is TaskStatus.CANCELLED
        status = TaskStatus.CANCELLED if is_cancelled else TaskStatus.SKIPPED
        for planned in self._scheduler.inner(run.task_name):
            self._scopes.add_empty(planned.task.name, run.iteration or "", status)
