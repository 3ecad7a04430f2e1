"""Does what the board allows: one action after the other, and records how attempts went."""

from collections.abc import Callable
from datetime import datetime

from shared.executions.engine.containers import Rounds
from shared.executions.engine.context import Workbench
from shared.executions.engine.current_attempt import try_of
from shared.executions.engine.durable_tasks import Visits
from shared.executions.scheduling.containers import CONTAINERS
from shared.executions.scheduling.nodes import Action, Leave, Node, Skip
from shared.executions.task_runs import Failure, TaskRun, TaskStatus
from shared.executions.tasks.attempt_threads import Active, Result
from shared.executions.tasks.conditions import is_wanted
from shared.executions.tasks.outcomes import Outcome, failure_of
from shared.executions.tasks.timeouts import MALFORMED, read_timeout
from shared.executions.tasks.waits import read_wait, waited

RESERVE_SECONDS = 20.0
"""Kept at the end of an invocation for recording what was cut off, and for answering."""
ENOUGH_SECONDS = 60.0
"""With less left no task is started, unless it is the turn's first."""


class Doing:
    """`is_held_back` when this turn leaves a task to the next."""

    def __init__(
        self, work: Workbench, visits: Visits, rounds: Rounds, remaining: Callable[[], float]
    ) -> None:
        self.is_held_back = False
        self._work = work
        self._visits = visits
        self._rounds = rounds
        self._remaining = remaining
        self._has_started = False
        self._has_visited = False

    def do(self, action: Action, due: list[datetime]) -> bool:
        """Do one action; whether the board has changed, so that there may be more to do.

        If something is due later, its moment goes into `due`.
        """
        if isinstance(action, Skip):
            self._work.recorder.skipped(action.node, blocked=action.blocked)
            return True
        if isinstance(action, Leave):
            self._rounds.leave(action)
            return True
        node = action.node
        run = self._work.board.runs.get(node.key)
        if self._kind(node) in self._work.externals:
            return self._may_visit(run) and self._visits.visit(node, run, due)
        if run and run.due_at and run.due_at > self._work.clocks.now():
            due.append(run.due_at)
            return False
        return self._begin(node, run)

    def record(self, result: Result) -> None:
        """Settle a task, or let it wait for its next attempt."""
        node, outcome, attempt = result.active.node, result.outcome, result.active.attempt
        started_at = result.active.started_at
        self._work.settle(node, outcome, attempt=attempt, started_at=started_at)

    def record_late(self, active: Active) -> None:
        """The attempt was given up on, because its time was over."""
        failure = Failure(code="timeout", message=f"timed out after {active.limit:g} s")
        outcome = Outcome(TaskStatus.TIMED_OUT, error=failure, logs=active.logs.lines())
        self.record(Result(active, outcome))

    def _kind(self, node: Node) -> str | None:
        """The type of a task that is the engine's own affair; None for what a thread runs."""
        return None if node.name in self._work.threads.mocks else node.planned.task.type

    def _begin(self, node: Node, run: TaskRun | None) -> bool:
        kind = self._kind(node)
        if kind in CONTAINERS:
            self._rounds.enter(node, run)
            return True
        if kind == "flow.wait":
            self._wait(node, run)
            return True
        return self._may_start() and self._start(node, run)

    def _may_start(self) -> bool:
        """Whether this turn takes another task; one that it leaves to the next is remembered."""
        is_alone = self._work.plan.isolation == "task"
        is_room_left = not self._work.threads.failure and (
            not self._has_started or (not is_alone and self._remaining() > ENOUGH_SECONDS)
        )
        self.is_held_back = self.is_held_back or not is_room_left
        return is_room_left and not self._work.threads.is_full

    def _may_visit(self, run: TaskRun | None) -> bool:
        """Whether this turn begins another task that ends outside; a look at one is short."""
        if run:
            return True
        is_room_left = not self._has_visited or self._remaining() > ENOUGH_SECONDS
        self.is_held_back = self.is_held_back or not is_room_left
        self._has_visited = True
        return is_room_left

    def _start(self, node: Node, run: TaskRun | None) -> bool:
        """Start the next attempt of a task in a thread."""
        attempt = run.attempt + 1 if run else 1
        started_at = self._work.clocks.now()
        scope = self._work.scopes.for_node(
            self._work.board, node, attempt=attempt, now=self._ready_at(node, run)
        )
        try:
            timeout = read_timeout(node.planned.task, scope)
        except MALFORMED as error:
            self._work.recorder.failed(node, error, started_at=started_at)
            return True
        limit = max(1.0, self._remaining() - RESERVE_SECONDS)
        if timeout is not None:
            limit = min(limit, timeout.total_seconds())
        self._has_started = True
        self._work.threads.start(node, scope, attempt=attempt, started_at=started_at, limit=limit)
        return False

    def _ready_at(self, node: Node, run: TaskRun | None) -> datetime:
        """When the node, or its next attempt, could begin: the same however often it is asked."""
        if run and run.due_at:
            return run.due_at
        return self._work.recorder.ready_at(node)

    def _wait(self, node: Node, run: TaskRun | None) -> None:
        """Begin a wait, or end one that is due."""
        work, now = self._work, self._work.clocks.now()
        this = try_of(work, node, run)
        scope = work.scopes.for_node(work.board, node, attempt=this.attempt, now=this.began_at)
        began_at = (this.run.began_at or this.run.started_at if this.run else None) or now
        try:
            if run is None and not is_wanted(node.planned.task, scope):
                work.recorder.skipped(node, blocked=False)
                return
            wait = read_wait(node.planned.task, scope, began_at)
        except MALFORMED as error:
            outcome = Outcome(TaskStatus.FAILED, error=failure_of(error))
        else:
            if wait.due_at > now:
                work.recorder.waiting(
                    node, attempt=this.attempt, began_at=wait.started_at, due_at=wait.due_at
                )
                return
            outcome = waited(wait, now)
        told = work.with_line(outcome, this.attempt)
        work.settle(node, told, attempt=this.attempt, started_at=began_at)
