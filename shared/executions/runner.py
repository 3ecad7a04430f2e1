"""Runs a segment, turn by turn: each settled task is recorded before a dependent starts.

A turn may die anywhere. The next one reads what is recorded and goes on from there; a turn that
was overtaken finds its fence refused and leaves the field.
"""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from shared.executions.board import Board
from shared.executions.models import Closing, Execution, Failure, Status
from shared.executions.recording import Recorder
from shared.executions.repository import End, ExecutionRepository, ExecutionState
from shared.executions.results import flow_outputs
from shared.executions.scopes import ScopeBuilder
from shared.executions.secrets import masking_of
from shared.executions.threads import Clocks, FindPlugin, Threads
from shared.executions.turn import Kind, OvertakenError, SegmentTurn, Verdict
from shared.executions.waits import MALFORMED, read_duration
from shared.flows.definition import Definition
from shared.flows.plan import Plan
from shared.flows.plans import PlanRepository
from shared.observability import logger


class Turn(Definition):
    """What the state machine asks for: run this segment in this generation."""

    tenant: str
    execution_id: str
    generation: int
    segment: str


class Answer(Definition):
    """What the state machine does next: stop here, call again at once, or after `delaySeconds`."""

    next: Literal["done", "continue", "wait"]
    delay_seconds: int = 0


DONE = Answer(next="done")
CONTINUE = Answer(next="continue")


class SegmentRunner:
    """Runs turns; `abandon` ends the process and does not return."""

    def __init__(
        self,
        *,
        executions: ExecutionRepository,
        plans: PlanRepository,
        clocks: Clocks,
        find_plugin: FindPlugin,
        abandon: Callable[[], None],
    ) -> None:
        self._executions = executions
        self._plans = plans
        self._clocks = clocks
        self._find_plugin = find_plugin
        self._abandon = abandon

    def run(self, turn: Turn, remaining: Callable[[], float]) -> Answer:
        """Run one turn; `remaining` tells the seconds before the platform stops this function."""
        fence = self._executions.enter_segment(
            turn.tenant, turn.execution_id, generation=turn.generation, path=turn.segment
        )
        state = self._executions.load(turn.tenant, turn.execution_id)
        if fence is None or state is None or not _is_ours(state.execution, turn):
            logger.info("turn is not ours", extra={"generation": turn.generation})
            return DONE
        due_at = state.execution.due_at
        if due_at and due_at > self._clocks.now():
            return self._wait_until(due_at)
        running = self._running(state.execution)
        if running is None:
            return DONE
        return self._run_segment(ExecutionState(running, state.runs), fence, remaining)

    def _running(self, execution: Execution) -> Execution | None:
        if execution.status is Status.RUNNING:
            return execution
        return self._executions.mark_running(execution, now=self._clocks.now())

    def _run_segment(
        self, state: ExecutionState, fence: int, remaining: Callable[[], float]
    ) -> Answer:
        execution = state.execution
        plan = self._plans.get(execution.tenant, execution.flow_id, execution.flow_revision)
        segment = self._segment(execution, plan, fence, remaining)
        try:
            verdict = segment.run(state.runs.values())
            if verdict.kind is Kind.FINISHED:
                self._finish(plan, segment)
        finally:
            # A thread that outlived its time must not thaw in somebody else's invocation: the
            # process ends instead of answering, and the next turn goes on from the records.
            if segment.threads.has_strays():
                logger.warning("a task's thread outlived its time; ending the process")
                self._abandon()
        return self._answer(execution, verdict)

    def _segment(
        self, execution: Execution, plan: Plan, fence: int, remaining: Callable[[], float]
    ) -> SegmentTurn:
        board, scopes = Board(plan), ScopeBuilder(execution, plan)
        masking = masking_of(plan.inputs, execution.real_inputs)
        recorder = Recorder(
            executions=self._executions,
            execution=execution,
            board=board,
            scopes=scopes,
            fence=fence,
            masking=masking,
            now=self._clocks.now,
            overtaken=OvertakenError,
        )
        return SegmentTurn(
            plan=plan,
            board=board,
            scopes=scopes,
            recorder=recorder,
            threads=Threads(
                clocks=self._clocks,
                find_plugin=self._find_plugin,
                execution_id=execution.id,
                masking=masking,
            ),
            clocks=self._clocks,
            execution=execution,
            deadline=_deadline(execution, plan, scopes),
            remaining=remaining,
            is_ours=lambda: self._is_still(execution),
            close=lambda closing: self._executions.close(execution, closing),
        )

    def _is_still(self, execution: Execution) -> bool:
        current = self._executions.find(execution.tenant, execution.id)
        return (
            current is not None
            and current.generation == execution.generation
            and not current.status.is_terminal
        )

    def _answer(self, execution: Execution, verdict: Verdict) -> Answer:
        if verdict.kind is Kind.OUT_OF_TIME:
            return CONTINUE
        if verdict.due_at is None:
            return DONE
        if verdict.kind is Kind.NEXT_ATTEMPT and not self._executions.next_attempt(
            execution, due_at=verdict.due_at
        ):
            return DONE
        return self._wait_until(verdict.due_at)

    def _wait_until(self, due_at: datetime) -> Answer:
        seconds = (due_at - self._clocks.now()).total_seconds()
        return Answer(next="wait", delay_seconds=math.ceil(seconds)) if seconds > 0 else CONTINUE

    def _finish(self, plan: Plan, segment: SegmentTurn) -> None:
        execution, board = segment.execution, segment.board
        error = segment.error or board.first_failure("finally")
        outputs = None
        if error is None:
            scope = segment.scopes.for_outputs(now=segment.recorder.settled_at())
            masking = masking_of(plan.inputs, execution.real_inputs)
            outputs, error = flow_outputs(plan.outputs, scope, masking)
        end = End(_status(execution, error), board.executed(), outputs, error)
        if self._executions.finish(execution, end, now=self._clocks.now()):
            logger.info(
                "execution ended", extra={"status": end.status, "tasks": end.tasks_executed}
            )


def _status(execution: Execution, error: Failure | None) -> Status:
    if execution.closing is Closing.CANCEL:
        return Status.CANCELLED
    if execution.closing is Closing.TIMEOUT:
        return Status.TIMED_OUT
    return Status.FAILED if error else Status.SUCCESS


def _is_ours(execution: Execution, turn: Turn) -> bool:
    return execution.generation == turn.generation and not execution.status.is_terminal


def _deadline(execution: Execution, plan: Plan, scopes: ScopeBuilder) -> datetime | None:
    """When the flow's time-out fires; one that cannot be read has fired already."""
    started_at = execution.started_at or execution.created_at
    if plan.timeout is None:
        return None
    try:
        timeout = read_duration(plan.timeout, scopes.for_flow(now=started_at), "timeout")
    except MALFORMED:
        logger.warning("the flow's timeout cannot be read; it counts as zero")
        timeout = timedelta(0)
    return started_at + timeout
