"""One turn of a segment: does what the board allows, records what settles, minds the time."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from shared.executions.attempts import Outcome
from shared.executions.board import Action, Board, Leave, Node, Skip, Start
from shared.executions.containers import CONTAINERS, enter, leave, taken
from shared.executions.externals import Externals, Step, Visit
from shared.executions.models import Closing, Execution, Failure, TaskRun, TaskStatus
from shared.executions.recording import Recorder
from shared.executions.retries import next_delay
from shared.executions.scopes import ScopeBuilder
from shared.executions.threads import Clocks, Result, Threads, is_wanted
from shared.executions.waits import MALFORMED, Wait, read_timeout, read_wait
from shared.expressions import Scope, render_tree
from shared.flows.plan import Plan, Section

RESERVE_SECONDS = 20.0
"""Kept at the end of an invocation for recording what was cut off, and for answering."""
ENOUGH_SECONDS = 60.0
"""With less left no task is started, unless it is the turn's first."""
LOOK_SECONDS = 1.0
"""How long a task may still start after the execution was taken away from this turn."""
SHORT = timedelta(seconds=1)
"""What is due sooner is waited for here; a Wait state is cheaper for anything longer."""


class Kind(Enum):
    """How a turn ended."""

    FINISHED = auto()
    OUT_OF_TIME = auto()
    WAITING = auto()
    PARKED = auto()
    NEXT_ATTEMPT = auto()
    OVERTAKEN = auto()


@dataclass(frozen=True)
class Verdict:
    """How a turn ended, and when something is due if it waits.

    `is_paused` when all that is unfinished waits for people.
    """

    kind: Kind
    due_at: datetime | None = None
    is_paused: bool = False


class OvertakenError(Exception):
    """A newer turn or generation holds the segment."""


class _DeadlineError(Exception):
    """The flow's time-out has fired."""


@dataclass
class SegmentTurn:
    """The state of one turn; `error` is why the flow's own tasks failed, once that is known."""

    plan: Plan
    board: Board
    scopes: ScopeBuilder
    recorder: Recorder
    threads: Threads
    clocks: Clocks
    execution: Execution
    deadline: datetime | None
    remaining: Callable[[], float]
    is_ours: Callable[[], bool]
    close: Callable[[Closing], bool]
    externals: Externals
    error: Failure | None = None
    _looked_at: float = 0.0
    _has_started: bool = False
    _is_held_back: bool = False
    _limits: dict[str, datetime] = field(default_factory=dict)
    _visited_at: dict[str, float] = field(default_factory=dict)

    def run(self, recorded: Iterable[TaskRun]) -> Verdict:
        """Go on from what is recorded until everything is settled or the turn must end."""
        for run in recorded:
            self.recorder.adopt(run)
        self._looked_at = self.clocks.monotonic()
        try:
            return self._run()
        except OvertakenError:
            return Verdict(Kind.OVERTAKEN)

    def _run(self) -> Verdict:
        verdict = self._run_main()
        if verdict:
            return verdict
        if self.error and self.execution.closing is not Closing.CANCEL:
            self.scopes.error = self.error
            verdict = self._section("errors")
        return verdict or self._section("finally") or Verdict(Kind.FINISHED)

    def _run_main(self) -> Verdict | None:
        """The flow's own tasks, or their early end; None when they are over."""
        if self.execution.closing is None:
            try:
                verdict = self._section("main")
            except _DeadlineError:
                self._close(Closing.TIMEOUT)
            else:
                self.error = self.board.first_failure("main")
                return verdict or self._next_attempt()
        self._cancel()
        self.error = _early_end(self.execution.closing)
        return None

    def _next_attempt(self) -> Verdict | None:
        if self.error is None or self.plan.retry is None:
            return None
        delay = next_delay(
            self.plan.retry,
            self.error,
            attempt=self.execution.attempt,
            elapsed=self.clocks.now() - (self.execution.started_at or self.clocks.now()),
            seed=self.execution.id,
        )
        return None if delay is None else Verdict(Kind.NEXT_ATTEMPT, self.clocks.now() + delay)

    def _close(self, closing: Closing) -> None:
        if not self.close(closing):
            raise OvertakenError
        self.execution = self.execution.model_copy(update={"closing": closing})

    def _cancel(self) -> None:
        """Settle what was under way; what could not have begun never gets a record.

        A cancel ends the tasks of `errors` too. What was ready is settled as well: the turn that
        was fenced out may be running it, and must find it settled.
        """
        failure = _early_end(self.execution.closing)
        is_cancel = self.execution.closing is Closing.CANCEL
        sections = {"main", "errors"} if is_cancel else {"main"}
        ready = [each.node for each in self.board.actions("main") if isinstance(each, Start)]
        for active in self.threads.give_up(lambda _: True):
            self.recorder.cancelled(active.node, failure, started_at=active.started_at)
        for run in list(self.board.runs.values()):
            planned = self.board.tasks[run.task_name]
            if not run.status.is_terminal and planned.section in sections:
                self._cancel_waiting(Node(planned, run.iteration or ""), run, failure)

        for node in ready if is_cancel else ():
            if node.key not in self.board.runs:
                self._withdraw(node, None)
                self.recorder.cancelled(node, failure, started_at=None)

    def _cancel_waiting(self, node: Node, run: TaskRun, failure: Failure) -> None:
        """Settle a task that waits; whoever works on it outside is told first."""
        end = self._withdraw(node, run)
        if end:
            self.recorder.stepped(node, end, started_at=self.recorder.ready_at(node))
        else:
            self.recorder.cancelled(node, failure, started_at=run.started_at)

    def _withdraw(self, node: Node, run: TaskRun | None) -> Step | None:
        """Tell whoever works outside on a task that it is over; its end, if that came first."""
        external = self.externals.get(node.planned.task.type)
        if external is None:
            return None
        ready_at = self.recorder.ready_at(node)
        scope = self.scopes.for_node(self.board, node, attempt=1, now=ready_at)
        with suppress(*MALFORMED):  # what cannot be read was never begun
            return external.cancel(self._visit_of(node, run, scope))
        return None

    def _section(self, section: Section) -> Verdict | None:
        """Run one chain of tasks; None when all of it is settled."""
        is_main = section == "main"
        while True:
            self._check(is_main=is_main)
            due_at = self._advance(section)
            if self.threads.has_active:
                self._await_result(due_at, is_main=is_main)
            elif self.board.is_finished(section):
                return None
            elif self._is_held_back or (due_at is None and not self._is_waiting_outside()):
                return Verdict(Kind.OUT_OF_TIME)
            elif self._is_waiting_outside():
                return self._park(due_at, is_main=is_main)
            elif due_at is not None:
                verdict = self._wait_for(due_at, is_main=is_main)
                if verdict:
                    return verdict

    def _check(self, *, is_main: bool) -> None:
        """Mind the deadline; look once a second whether the execution is still ours."""
        if is_main and self.deadline and self.clocks.now() >= self.deadline:
            raise _DeadlineError
        if self.clocks.monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = self.clocks.monotonic()
        if not self.is_ours():
            raise OvertakenError

    def _is_waiting_outside(self) -> bool:
        return any(
            run.task_type in self.externals and not run.status.is_terminal
            for run in self.board.runs.values()
        )

    def _park(self, due_at: datetime | None, *, is_main: bool) -> Verdict:
        if is_main and self.deadline:
            due_at = min(due_at, self.deadline) if due_at else self.deadline
        pending = [run.status for run in self.board.runs.values() if not run.status.is_terminal]
        is_paused = all(status is TaskStatus.PAUSED for status in pending)
        return Verdict(Kind.PARKED, due_at, is_paused=is_paused)

    def _wait_for(self, due_at: datetime, *, is_main: bool) -> Verdict | None:
        if is_main and self.deadline:
            due_at = min(due_at, self.deadline)
        pause = due_at - self.clocks.now()
        if pause > SHORT:
            return Verdict(Kind.WAITING, due_at)
        self.clocks.sleep(max(0.0, pause.total_seconds()))
        return None

    def _advance(self, section: Section) -> datetime | None:
        """Do whatever needs no waiting; when the next thing is due, if something waits."""
        while True:
            due: list[datetime] = []
            self._is_held_back = False
            is_changed = self._time_out_containers()
            due.extend(self._limits.values())
            for action in self.board.actions(section):
                if self.threads.is_active(action.node.key):
                    continue
                is_changed = self._do(action, due) or is_changed
            if not is_changed:
                return min(due, default=None)

    def _do(self, action: Action, due: list[datetime]) -> bool:
        """Do one action; whether the board has changed, so that there may be more to do."""
        if isinstance(action, Skip):
            self.recorder.skipped(action.node, blocked=action.blocked)
            return True
        if isinstance(action, Leave):
            self._leave(action)
            return True
        run = self.board.runs.get(action.node.key)
        is_mocked = action.node.name in self.threads.mocks
        if action.node.planned.task.type in self.externals and not is_mocked:
            return self._visit(action.node, run, due)
        if run and run.due_at and run.due_at > self.clocks.now():
            due.append(run.due_at)
            return False
        return self._begin(action.node, run)

    def _begin(self, node: Node, run: TaskRun | None) -> bool:
        kind = node.planned.task.type
        is_mocked = node.name in self.threads.mocks
        if kind in CONTAINERS and not is_mocked:
            return self._enter(node)
        if kind == "flow.wait" and not is_mocked:
            return self._wait(node, run)
        return self._may_start() and self._start(node, run)

    def _visit(self, node: Node, run: TaskRun | None, due: list[datetime]) -> bool:
        """See how a task stands that ends outside; whether it has ended."""
        if run and not self._is_due(node, run):
            due.extend([run.due_at] if run.due_at else [])
            return False
        self._visited_at[node.key] = self.clocks.monotonic()
        scope = self.scopes.for_node(self.board, node, attempt=1, now=self.recorder.ready_at(node))
        try:
            if run is None and not is_wanted(node.planned.task, scope):
                self.recorder.skipped(node, blocked=False)
                return True
            step = self._step(node, run, scope)
        except MALFORMED as error:
            self.recorder.failed(node, error, started_at=self.recorder.ready_at(node))
            return True
        self.recorder.stepped(node, step, started_at=self.recorder.ready_at(node))
        due.extend([step.due_at] if step.due_at else [])
        return step.status.is_terminal

    def _is_due(self, node: Node, run: TaskRun) -> bool:
        visited_at = self._visited_at.get(node.key)
        if visited_at is None or self.clocks.monotonic() - visited_at >= LOOK_SECONDS:
            return True
        return run.due_at is not None and run.due_at <= self.clocks.now()

    def _step(self, node: Node, run: TaskRun | None, scope: Scope) -> Step:
        """One step of a task that ends outside; its own time-out ends it before that."""
        visit = self._visit_of(node, run, scope)
        timeout = read_timeout(node.planned.task, scope)
        limit = None if timeout is None else visit.started_at + timeout
        external = self.externals[node.planned.task.type]
        step = external.step(visit)
        if limit is None or step.status.is_terminal:
            return step
        if limit <= visit.now:
            failure = Failure(code="timeout", message=f"timed out after {timeout}")
            late = Step(TaskStatus.TIMED_OUT, outputs=step.outputs, error=failure, lines=step.lines)
            return external.cancel(visit) or late
        return replace(step, due_at=min(step.due_at, limit) if step.due_at else limit)

    def _visit_of(self, node: Node, run: TaskRun | None, scope: Scope) -> Visit:
        return Visit(
            execution=self.execution,
            key=node.key,
            task_name=node.name,
            run=run,
            properties=render_tree(node.planned.task.properties, scope, "properties"),
            scope=scope,
            started_at=self.recorder.ready_at(node),
            now=self.clocks.now(),
        )

    def _may_start(self) -> bool:
        """Whether this turn takes another task; one that it leaves to the next is remembered."""
        is_alone = self.plan.isolation == "task"
        is_room_left = not self._has_started or (not is_alone and self.remaining() > ENOUGH_SECONDS)
        self._is_held_back = self._is_held_back or not is_room_left
        return is_room_left and not self.threads.is_full

    def _start(self, node: Node, run: TaskRun | None) -> bool:
        """Start the next attempt of a task in a thread."""
        attempt = run.attempt + 1 if run else 1
        started_at = self.clocks.now()
        scope = self.scopes.for_node(
            self.board, node, attempt=attempt, now=self._ready_at(node, run)
        )
        try:
            timeout = read_timeout(node.planned.task, scope)
        except MALFORMED as error:
            self.recorder.failed(node, error, started_at=started_at)
            return True
        limit = max(1.0, self.remaining() - RESERVE_SECONDS)
        if timeout is not None:
            limit = min(limit, timeout.total_seconds())
        self._has_started = True
        self.threads.start(node, scope, attempt=attempt, started_at=started_at, limit=limit)
        return False

    def _ready_at(self, node: Node, run: TaskRun | None) -> datetime:
        """When the node, or its next attempt, could begin: the same however often it is asked."""
        if run and run.due_at:
            return run.due_at
        return self.recorder.ready_at(node)

    def _await_result(self, due_at: datetime | None, *, is_main: bool) -> None:
        """Record the next result; give up on what is past its deadline."""
        moments = [moment for moment in (due_at, self.deadline if is_main else None) if moment]
        patience = LOOK_SECONDS
        if moments:
            patience = min(patience, (min(moments) - self.clocks.now()).total_seconds())
        result = self.threads.next_result(max(0.0, patience))
        if result:
            self._record(result)
            return
        now = self.clocks.monotonic()
        for active in self.threads.give_up(lambda each: each.deadline <= now):
            failure = Failure(code="timeout", message=f"timed out after {active.limit:g} s")
            outcome = Outcome(TaskStatus.TIMED_OUT, error=failure, logs=active.logs.lines())
            self._record(Result(active, outcome))

    def _record(self, result: Result) -> None:
        """Settle a task, or let it wait for its next attempt."""
        node, outcome, attempt = result.active.node, result.outcome, result.active.attempt
        earlier = self.board.runs.get(node.key)
        started_at = (earlier and earlier.started_at) or result.active.started_at
        policy = node.planned.task.retry
        delay = None
        if policy and outcome.error:
            delay = next_delay(
                policy,
                outcome.error,
                attempt=attempt,
                elapsed=self.clocks.now() - started_at,
                seed=f"{self.execution.id}/{node.key}",
            )
        due_at = None if delay is None else self.clocks.now() + delay
        self.recorder.attempted(
            node, outcome, attempt=attempt, started_at=started_at, due_at=due_at
        )

    def _enter(self, node: Node) -> bool:
        scope = self.scopes.for_node(self.board, node, attempt=1, now=self.recorder.ready_at(node))
        try:
            if not is_wanted(node.planned.task, scope):
                self.recorder.skipped(node, blocked=False)
                return True
            timeout = read_timeout(node.planned.task, scope)
            self.board.entered[node.key] = taken(self.board, node, enter(node, scope))
        except MALFORMED as error:
            self.recorder.failed(node, error, started_at=self.clocks.now())
            return True
        if timeout is not None:
            self._limits[node.key] = self.recorder.ready_at(node) + timeout
        self.recorder.entered(node)
        return True

    def _leave(self, action: Leave) -> None:
        node = action.node
        started_at = self.recorder.ready_at(node)
        scope = self.scopes.for_node(self.board, node, attempt=1, now=started_at)
        self._limits.pop(node.key, None)
        self.recorder.left(
            node, leave(self.board, node, scope, self.scopes.read), action.failure, started_at
        )

    def _time_out_containers(self) -> bool:
        now = self.clocks.now()
        late = [key for key, limit in self._limits.items() if limit <= now]
        for key in late:
            del self._limits[key]
            self._time_out(key)
        return bool(late)

    def _time_out(self, key: str) -> None:
        """End a container early: what runs inside is cancelled, what has not begun never does."""
        name, _, iteration = key.partition("#")
        node = Node(self.board.tasks[name], iteration)
        inner = {planned.task.name for planned in self.board.inner(name)}
        failure = Failure(code="timeout", message=f"{name} timed out")

        within = f"{iteration}." if iteration else ""

        def is_inside(task_name: str, its_iteration: str) -> bool:
            return task_name in inner and f"{its_iteration}.".startswith(within)

        for active in self.threads.give_up(lambda a: is_inside(a.node.name, a.node.iteration)):
            self.recorder.cancelled(active.node, failure, started_at=active.started_at)
        for run in list(self.board.runs.values()):
            if not run.status.is_terminal and is_inside(run.task_name, run.iteration or ""):
                self._cancel_waiting(
                    Node(self.board.tasks[run.task_name], run.iteration or ""), run, failure
                )
        self.recorder.timed_out(node, failure)

    def _wait(self, node: Node, run: TaskRun | None) -> bool:
        """Begin a wait, or end one that is due."""
        now = self.clocks.now()
        scope = self.scopes.for_node(self.board, node, attempt=1, now=self.recorder.ready_at(node))
        try:
            if run is None and not is_wanted(node.planned.task, scope):
                self.recorder.skipped(node, blocked=False)
                return True
            wait: Wait = read_wait(node.planned.task, scope, (run and run.started_at) or now)
        except MALFORMED as error:
            self.recorder.failed(node, error, started_at=now)
            return True
        if wait.due_at > now:
            self.recorder.waiting(node, started_at=wait.started_at, due_at=wait.due_at)
        else:
            self.recorder.waited(node, wait, now=now)
        return True


def _early_end(closing: Closing | None) -> Failure:
    if closing is Closing.TIMEOUT:
        return Failure(code="flow_timeout", message="the flow's timeout has passed")
    return Failure(code="cancelled", message="the execution was cancelled")
