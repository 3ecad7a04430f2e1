"""One turn of a segment: starts what is ready in threads, records what settles, minds the time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from queue import Empty, SimpleQueue
from threading import Thread

from shared.durations import parse_duration
from shared.executions.attempts import Attempt, Outcome
from shared.executions.logs import LogBuffer
from shared.executions.models import Execution, Failure, TaskRun, TaskStatus
from shared.executions.outcomes import Board, Skip
from shared.executions.repository import ExecutionRepository
from shared.executions.scopes import ScopeBuilder
from shared.expressions import Scope, TemplateError, TemplateSyntaxError, render_tree
from shared.flows.definition import TaskDefinition
from shared.flows.plan import PlanTask
from shared.plugins.plugin import Plugin

MAX_THREADS = 32
RESERVE_SECONDS = 20.0
"""Kept at the end of an invocation for recording what was cut off, and for answering."""
ENOUGH_SECONDS = 60.0
"""With less left no task is started, unless it is the turn's first."""
LOOK_SECONDS = 1.0
"""How long a task may still start after the execution was taken away from this turn."""
STRAY_GRACE_SECONDS = 1.0


FindPlugin = Callable[[str], Plugin | None]


class Verdict(Enum):
    """How a turn ended: all settled, no time for the rest, or somebody else has the segment."""

    FINISHED = auto()
    OUT_OF_TIME = auto()
    OVERTAKEN = auto()


class _OvertakenError(Exception):
    """A newer turn or generation holds the segment."""


@dataclass(frozen=True)
class Clocks:
    """Wall time for records, monotonic seconds for deadlines."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]


@dataclass(frozen=True)
class _Active:
    """A task that is running; `deadline` on the monotonic clock, `limit` what the message names."""

    planned: PlanTask
    thread: Thread
    logs: LogBuffer
    started_at: datetime
    deadline: float
    limit: float


@dataclass
class SegmentTurn:
    """The state of one turn; `runs` is everything settled so far, by task name."""

    executions: ExecutionRepository
    clocks: Clocks
    board: Board
    scopes: ScopeBuilder
    execution: Execution
    fence: int
    remaining: Callable[[], float]
    find_plugin: FindPlugin
    runs: dict[str, TaskRun] = field(default_factory=dict)
    _active: dict[str, _Active] = field(default_factory=dict)
    _strays: list[Thread] = field(default_factory=list)
    _results: SimpleQueue[tuple[str, Outcome]] = field(default_factory=SimpleQueue)
    _looked_at: float = 0.0

    def run(self, recorded: Iterable[TaskRun]) -> Verdict:
        """Go on from what is recorded until everything is settled or the turn must end."""
        for run in recorded:
            if run.status.is_terminal:
                self._settle(run)
        self._looked_at = self.clocks.monotonic()
        try:
            return self._run()
        except _OvertakenError:
            return Verdict.OVERTAKEN

    def ready_at(self, names: Iterable[str]) -> datetime:
        """When the last of these tasks settled: the same however often the turn is repeated."""
        ends = (self.runs[name].finished_at for name in names)
        started_at = self.execution.started_at or self.execution.created_at
        return max((end for end in ends if end), default=started_at)

    def has_strays(self) -> bool:
        """Tell whether a thread is still running that this turn has given up on."""
        threads = [*self._strays, *(active.thread for active in self._active.values())]
        until = self.clocks.monotonic() + STRAY_GRACE_SECONDS
        for thread in threads:
            thread.join(max(0.0, until - self.clocks.monotonic()))
        return any(thread.is_alive() for thread in threads)

    def _run(self) -> Verdict:
        while not self.board.is_finished(self.runs):
            self._check_ours()
            self._decide()
            if self._active:
                self._await_result()
            elif not self.board.is_finished(self.runs):
                return Verdict.OUT_OF_TIME
        return Verdict.FINISHED

    def _check_ours(self) -> None:
        """Look once a second whether the execution was cancelled, ended or moved on."""
        if self.clocks.monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = self.clocks.monotonic()
        current = self.executions.find(self.execution.tenant, self.execution.id)
        if (
            current is None
            or current.generation != self.execution.generation
            or current.status.is_terminal
        ):
            raise _OvertakenError

    def _decide(self) -> None:
        """Record every skip, which may decide more, and start what is left."""
        while True:
            undecided = [
                (planned, verdict)
                for planned, verdict in self.board.decidable(self.runs)
                if planned.task.name not in self._active
            ]
            skips = [(p, verdict) for p, verdict in undecided if isinstance(verdict, Skip)]
            for planned, skip in skips:
                self._record(planned.task, Outcome(TaskStatus.SKIPPED), blocked=skip.blocked)
            if not skips:
                break
        for planned, _ in undecided:
            if self._may_start():
                self._start(planned)

    def _may_start(self) -> bool:
        if len(self._active) >= MAX_THREADS:
            return False
        return self.remaining() > ENOUGH_SECONDS or not (self._active or self._has_run)

    @property
    def _has_run(self) -> bool:
        return any(run.fence == self.fence and run.started_at for run in self.runs.values())

    def _start(self, planned: PlanTask) -> None:
        task = planned.task
        started_at = self.clocks.now()
        names = [before.name for before in planned.predecessors]
        scope = self.scopes.for_task(planned, attempt=1, now=self.ready_at(names))
        try:
            timeout = _timeout_seconds(task, scope)
        except (TemplateError, TemplateSyntaxError, ValueError) as error:
            failure = Failure(code="template_error", message=str(error))
            failed = Outcome(TaskStatus.FAILED, error=failure)
            self._record(task, failed, started_at=started_at)
            return
        limit = max(1.0, self.remaining() - RESERVE_SECONDS)
        limit = limit if timeout is None else min(limit, timeout)
        deadline = self.clocks.monotonic() + limit
        logs = LogBuffer(self.clocks.now, minimum=task.log_level)
        attempt = Attempt(
            task=task,
            plugin=self.find_plugin(task.type),
            scope=scope,
            execution_id=self.execution.id,
            remaining=lambda: deadline - self.clocks.monotonic(),
            logs=logs,
        )
        thread = Thread(target=self._run_attempt, args=(attempt,), name=task.name, daemon=True)
        self._active[task.name] = _Active(planned, thread, logs, started_at, deadline, limit)
        thread.start()

    def _run_attempt(self, attempt: Attempt) -> None:
        self._results.put((attempt.task.name, attempt.run()))

    def _await_result(self) -> None:
        """Record the next result; give up on what is past its deadline."""
        nearest = min(active.deadline for active in self._active.values())
        patience = min(LOOK_SECONDS, nearest - self.clocks.monotonic())
        try:
            name, outcome = self._results.get(timeout=max(0.0, patience))
        except Empty:
            self._give_up_late()
            return
        active = self._active.pop(name, None)
        if active:
            self._record(active.planned.task, outcome, started_at=active.started_at)

    def _give_up_late(self) -> None:
        now = self.clocks.monotonic()
        for name, active in list(self._active.items()):
            if active.deadline <= now:
                del self._active[name]
                self._strays.append(active.thread)
                failure = Failure(code="timeout", message=f"timed out after {active.limit:g} s")
                outcome = Outcome(TaskStatus.TIMED_OUT, error=failure, logs=active.logs.lines())
                self._record(active.planned.task, outcome, started_at=active.started_at)

    def _record(
        self,
        task: TaskDefinition,
        outcome: Outcome,
        *,
        started_at: datetime | None = None,
        blocked: bool = False,
    ) -> None:
        has_run = outcome.status is not TaskStatus.SKIPPED
        run = TaskRun(
            task_name=task.name,
            task_type=task.type,
            status=outcome.status,
            fence=self.fence,
            blocked=blocked,
            outputs=outcome.outputs,
            error=outcome.error,
            started_at=started_at if has_run else None,
            finished_at=self.clocks.now() if has_run else None,
            logs=outcome.logs,
        )
        recorded = self.executions.record(self.execution, run)
        if recorded is None:
            raise _OvertakenError
        self._settle(recorded)

    def _settle(self, run: TaskRun) -> None:
        self.runs[run.task_name] = run
        self.scopes.add(run)


def _timeout_seconds(task: TaskDefinition, scope: Scope) -> float | None:
    timeout = task.timeout
    if isinstance(timeout, str):
        timeout = parse_duration(render_tree(timeout, scope, "timeout"))
    return timeout.total_seconds() if isinstance(timeout, timedelta) else None
