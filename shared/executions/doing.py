"""Does what the board allows: one action after the other, and records how attempts went."""

from collections.abc import Callable
from datetime import datetime

from shared.executions.attempts import Outcome
from shared.executions.containers import CONTAINERS
from shared.executions.models import Failure, TaskRun, TaskStatus
from shared.executions.nodes import Action, Leave, Node, Skip
from shared.executions.rounds import Rounds
from shared.executions.threads import Active, Result, is_wanted
from shared.executions.visits import Visits
from shared.executions.waits import MALFORMED, read_timeout, read_wait
from shared.executions.workbench import Workbench

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
            return self._visits.visit(node, run, due)
        if run and run.due_at and run.due_at > self._work.clocks.now():
            due.append(run.due_at)
            return False
        return self._begin(node, run)

    def record(self, result: Result) -> None:
        """Settle a task, or let it wait for its next attempt."""
        node, outcome, attempt = result.active.node, result.outcome, result.active.attempt
        earlier = self._work.board.runs.get(node.key)
        started_at = (earlier and earlier.started_at) or result.active.started_at
        due_at = self._work.due_again(node, outcome.error, attempt=attempt, started_at=started_at)
        self._work.recorder.attempted(
            node, outcome, attempt=attempt, started_at=started_at, due_at=due_at
        )

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
        is_room_left = not self._has_started or (
            not is_alone and self._remaining() > ENOUGH_SECONDS
        )
        self.is_held_back = self.is_held_back or not is_room_left
        return is_room_left and not self._work.threads.is_full

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
        recorder, now = self._work.recorder, self._work.clocks.now()
        scope = self._work.scopes.for_node(
            self._work.board, node, attempt=1, now=recorder.ready_at(node)
        )
        try:
            if run is None and not is_wanted(node.planned.task, scope):
                recorder.skipped(node, blocked=False)
                return
            wait = read_wait(node.planned.task, scope, (run and run.started_at) or now)
        except MALFORMED as error:
            recorder.failed(node, error, started_at=now)
            return
        if wait.due_at > now:
            recorder.waiting(node, started_at=wait.started_at, due_at=wait.due_at)
        else:
            recorder.waited(node, wait, now=now)
