"""The end of an execution: its status, its outputs, and how long what it leaves is kept."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.executions.engine.turn import SegmentTurn
from shared.executions.limits import bearable
from shared.executions.models import Execution
from shared.executions.retention import GRACE, expires_at
from shared.executions.scheduling.container_attempts import latest_runs
from shared.executions.scheduling.scheduler import Scheduler
from shared.executions.store.inputs import expire_inputs
from shared.executions.store.payloads import FLOW_ROW_BYTES, PayloadStore
from shared.executions.store.repository import ExecutionRepository
from shared.executions.store.snapshots import End, ExecutionState
from shared.executions.task_runs import Failure, TaskRun, row_key
from shared.executions.tasks.durable import DurableTasks
from shared.executions.tasks.flow_outputs import flow_outputs
from shared.executions.termination_failure import end_status
from shared.flows.plans.plan import Plan
from shared.json_text import compact
from shared.observability import logger


@dataclass(frozen=True)
class Completion:
    executions: ExecutionRepository
    payloads: PayloadStore
    now: Callable[[], datetime]

    def complete(self, plan: Plan, segment: SegmentTurn, began: ExecutionState) -> bool:
        """Write the end of an execution whose tasks are all settled; False if it had ended.

        `began` is the state at the start of the turn: it has task runs of past container attempts,
        and of earlier attempts of the whole execution.
        """
        execution, context = segment.execution, segment.context
        error = segment.error or context.scheduler.first_failure("finally")
        outputs = None
        if error is None:
            scope = context.scopes.for_outputs(now=context.recorder.settled_at())
            outputs, error = flow_outputs(plan.outputs, scope, context.masking)
        stored = None
        if context.scheduler.has_rounds:
            # Turns leave rounds that are over where they are; the end is of them too.
            began = self.executions.load(execution.tenant, execution.id) or began
        if outputs and len((text := compact(outputs)).encode()) > FLOW_ROW_BYTES:
            outputs, stored = None, self.payloads.put_for(execution, text)
        latest = {
            row_key(run): run for run in (*began.runs.values(), *context.scheduler.runs.values())
        }
        known = (run.stored for run in (*began.earlier, *latest.values()))
        objects = [stored, *context.recorder.objects, *known]
        self.payloads.expire_all(execution, objects, now=self.now())
        expire_inputs(self.payloads, execution, self.now())
        runs = [*began.earlier, *latest.values()]
        self._limit_outside(execution, context.durable_tasks, runs)
        error = error and bearable(error)
        end = End(
            end_status(execution.closing, error),
            _executed(context.scheduler, began),
            outputs,
            error,
            stored,
        )
        if not self.executions.finish(execution, end, now=self.now()):
            return False
        logger.info("execution ended", extra={"status": end.status, "tasks": end.tasks_executed})
        return True

    def break_off(
        self, state: ExecutionState, failure: Failure, durable_tasks: DurableTasks
    ) -> bool:
        """Write the end of an execution of which nothing more can be run; False if it had ended.

        Its task runs stay as they were recorded.
        """
        execution = state.execution
        # Turns begin without what is inside of loops.
        state = self.executions.load(execution.tenant, execution.id, has_outputs=False) or state
        runs = [*state.earlier, *state.runs.values()]
        self.payloads.expire_all(execution, (run.stored for run in runs), now=self.now())
        expire_inputs(self.payloads, execution, self.now())
        self._limit_outside(execution, durable_tasks, runs)
        status = end_status(execution.closing, failure)
        end = End(status, state.tasks_executed, error=failure)
        return self.executions.finish(execution, end, now=self.now())

    def _limit_outside(
        self, execution: Execution, externals: DurableTasks, runs: Iterable[TaskRun]
    ) -> None:
        """Limit records outside of the execution in the same way: what people were asked."""
        end = expires_at(execution, self.now())
        if end:
            for run in runs:
                if run.task_type in externals:
                    externals[run.task_type].keep_until(execution, run, end + GRACE)


def _executed(scheduler: Scheduler, state: ExecutionState) -> int:
    passed = latest_runs(scheduler, state.runs) if scheduler.has_rounds else {}
    return scheduler.executed(passed.values())
