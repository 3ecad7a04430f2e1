"""Runs a segment, turn by turn: each settled task is recorded before a dependent starts.

A turn may die anywhere. The next one reads what is recorded and goes on from there; a turn that
was overtaken finds its fence refused and leaves the field.
"""

from collections.abc import Callable
from typing import Literal

from shared.executions.models import Execution, Status
from shared.executions.outcomes import Board, executed, first_failure
from shared.executions.repository import End, ExecutionRepository, ExecutionState
from shared.executions.results import flow_outputs
from shared.executions.scopes import ScopeBuilder
from shared.executions.turn import Clocks, FindPlugin, SegmentTurn, Verdict
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
    """What the state machine does next: stop here, or call again at once."""

    next: Literal["done", "continue"]


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
        running = self._executions.mark_running(state.execution, now=self._clocks.now())
        if running is None:
            return DONE
        return self._run_segment(ExecutionState(running, state.runs), fence, remaining)

    def _run_segment(
        self, state: ExecutionState, fence: int, remaining: Callable[[], float]
    ) -> Answer:
        execution = state.execution
        plan = self._plans.get(execution.tenant, execution.flow_id, execution.flow_revision)
        scopes = ScopeBuilder(execution, plan)
        segment = SegmentTurn(
            executions=self._executions,
            clocks=self._clocks,
            board=Board(plan),
            scopes=scopes,
            execution=execution,
            fence=fence,
            remaining=remaining,
            find_plugin=self._find_plugin,
        )
        try:
            verdict = segment.run(state.runs.values())
            if verdict is Verdict.FINISHED:
                self._finish(execution, plan, segment)
        finally:
            # A thread that outlived its time must not thaw in somebody else's invocation: the
            # process ends instead of answering, and the next turn goes on from the records.
            if segment.has_strays():
                logger.warning("a task's thread outlived its time; ending the process")
                self._abandon()
        return CONTINUE if verdict is Verdict.OUT_OF_TIME else DONE

    def _finish(self, execution: Execution, plan: Plan, segment: SegmentTurn) -> None:
        runs = segment.runs
        error = first_failure(segment.board, runs)
        outputs = None
        if error is None:
            scope = segment.scopes.for_outputs(now=segment.ready_at(runs))
            outputs, error = flow_outputs(plan.outputs, scope)
        status = Status.FAILED if error else Status.SUCCESS
        end = End(status, executed(runs.values()), outputs, error)
        if self._executions.finish(execution, end, now=self._clocks.now()):
            logger.info("execution ended", extra={"status": status, "tasks": end.tasks_executed})


def _is_ours(execution: Execution, turn: Turn) -> bool:
    return execution.generation == turn.generation and not execution.status.is_terminal
