"""Executions as clients read them: task runs in the order of the text, logs, results, pages."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from shared.errors import ExecutionNotFinishedError, ExecutionNotFoundError
from shared.executions.filters import EVERY_RUN, ExecutionFilter, TaskRunFilter
from shared.executions.models import Execution
from shared.executions.scheduling.container_attempts import past_runs
from shared.executions.store.indexes import ExecutionIndex, execution_index
from shared.executions.store.inputs import with_inputs_url
from shared.executions.store.payloads import OutputReader, PayloadStore, payload_store
from shared.executions.store.repository import ExecutionRepository, execution_repository
from shared.executions.store.snapshots import ExecutionState
from shared.executions.task_runs import TaskRun, TaskStatus
from shared.executions.views.listing import Listing, Order, page_of
from shared.executions.views.logs import EVERY_LINE, ExecutionLogLine, LogFilter, _lines
from shared.executions.views.models import (
    ExecutionDetail,
    ExecutionDetailSummary,
    ExecutionResults,
    ExecutionSummary,
    ResultsLink,
    StepResult,
    TaskRunSummary,
)
from shared.executions.views.response_size import MAX_BYTES, bounded_detail, fitting
from shared.executions.views.results_file import results_size, store_results
from shared.executions.views.task_list import listed, scheduler_of, task_runs
from shared.flows.plans.plan import Plan
from shared.flows.plans.repository import PlanRepository, plan_repository
from shared.ids import is_id
from shared.paging import Page, decode_count, encode_cursor
from shared.times import utc_now


class ExecutionReader:
    def __init__(
        self,
        *,
        executions: ExecutionRepository,
        pages: ExecutionIndex,
        plans: PlanRepository,
        payloads: PayloadStore,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._executions = executions
        self._pages = pages
        self._plans = plans
        self._payloads = payloads
        self._now = now

    def detail(self, tenant: str, execution_id: str) -> ExecutionDetail:
        """Return the execution with all its tasks, those that have not run yet included."""
        shown, tasks = self._detail(tenant, execution_id)
        bounded = bounded_detail(execution_id, map(self._linked_run, tasks))
        return ExecutionDetail(execution=self._shown(shown), tasks=tuple(bounded))

    def detail_summary(self, tenant: str, execution_id: str) -> ExecutionDetailSummary:
        """Return the same without inputs and outputs, which are not read either."""
        shown, tasks = self._detail(tenant, execution_id, has_outputs=False)
        bounded = bounded_detail(execution_id, tasks)
        return ExecutionDetailSummary(
            execution=ExecutionSummary.of(shown), tasks=tuple(map(TaskRunSummary.of, bounded))
        )

    def _detail(
        self, tenant: str, execution_id: str, *, has_outputs: bool = True
    ) -> tuple[Execution, Sequence[TaskRun]]:
        state, plan = self._read(tenant, execution_id, has_outputs=has_outputs)
        scheduler = scheduler_of(plan, state.runs)
        tasks = tuple(listed(scheduler, state.execution))
        if state.execution.status.is_terminal:
            return state.execution, tasks
        running = (run.task_name for run in tasks if run.status is TaskStatus.RUNNING)
        now = {"tasks_executed": scheduler.executed(), "current_task": next(running, None)}
        return state.execution.model_copy(update=now), tasks

    def task_runs(
        self,
        tenant: str,
        execution_id: str,
        wanted: TaskRunFilter = EVERY_RUN,
        *,
        limit: int,
        cursor: str | None,
    ) -> Page[TaskRun]:
        """Return task runs in the order of the text, of one task or of all.

        Each has its outputs, or their address.
        """
        query, start = _behind(tenant, execution_id, wanted, cursor)
        found = self._runs(tenant, execution_id, wanted)
        shown = fitting([*map(self._linked_run, found[start : start + limit])], limit)
        end = start + len(shown)
        return Page(shown, encode_cursor(str(end), query) if end < len(found) else None)

    def task_run_summaries(
        self,
        tenant: str,
        execution_id: str,
        wanted: TaskRunFilter = EVERY_RUN,
        *,
        limit: int,
        cursor: str | None,
    ) -> Page[TaskRunSummary]:
        """Return the same without outputs, which are not read either."""
        query, start = _behind(tenant, execution_id, wanted, cursor)
        found = self._runs(tenant, execution_id, wanted, has_outputs=False)
        chosen = [*map(TaskRunSummary.of, found[start : start + limit])]
        shown = fitting(chosen, limit)
        end = start + len(shown)
        return Page(shown, encode_cursor(str(end), query) if end < len(found) else None)

    def _runs(
        self, tenant: str, execution_id: str, wanted: TaskRunFilter, *, has_outputs: bool = True
    ) -> list[TaskRun]:
        state, plan = self._read(tenant, execution_id, has_outputs=has_outputs)
        return [run for run in task_runs(plan, state.execution, state.runs) if wanted.accepts(run)]

    def results(self, tenant: str, execution_id: str) -> ExecutionResults | ResultsLink:
        """Return the results of a finished execution; ExecutionNotFinishedError before its end."""
        state, plan = self._read(tenant, execution_id)
        execution = state.execution
        if not execution.status.is_terminal:
            raise ExecutionNotFinishedError(
                f"the execution is {execution.status.value}; its results come when it has ended"
            )
        tasks = list(task_runs(plan, execution, state.runs))
        if results_size(execution, tasks) > MAX_BYTES:
            stored = store_results(self._payloads, execution, tasks)
            return ResultsLink(url=self._payloads.url(stored))
        read = OutputReader(self._payloads)
        outputs = execution.outputs
        if execution.stored_outputs:
            outputs = json.loads(self._payloads.get(execution.stored_outputs))
        return ExecutionResults(
            execution_id=execution.id,
            status=execution.status,
            step_results=tuple(_step(run, read) for run in tasks),
            final_output=outputs,
            error=execution.error,
        )

    def logs(
        self,
        tenant: str,
        execution_id: str,
        wanted: LogFilter = EVERY_LINE,
        *,
        cursor: str | None = None,
    ) -> Page[ExecutionLogLine]:
        """Return lines in order of time; a line's `seq` does not depend on filters.

        Lines of all attempts are included, of containers and of the whole execution. A page holds
        as many as an answer does: nearly always all of them.
        """
        query = f"executions/{tenant}/{execution_id}/logs/{wanted}"
        start = decode_count(cursor, query) if cursor is not None else 0
        state, plan = self._read(tenant, execution_id, has_outputs=False)
        scheduler = scheduler_of(plan, state.runs)
        past = past_runs(scheduler.runs, state.runs)
        in_order = (*state.earlier, *past, *listed(scheduler, state.execution))
        found = [line for line in _lines(execution_id, in_order) if wanted.accepts(line)]
        shown = fitting(found[start:], len(found))
        end = start + len(shown)
        return Page(shown, encode_cursor(str(end), query) if end < len(found) else None)

    def page(
        self,
        tenant: str,
        wanted: ExecutionFilter,
        *,
        limit: int,
        cursor: str | None,
        order: Order = "newest",
    ) -> Page[Execution]:
        """Return executions in the order of time; a page below `limit` may still have a next."""

        def read(ids: Sequence[str]) -> list[Execution]:
            found = self._pages.find_many(tenant, ids)
            return [*map(self._shown, filter(wanted.accepts, found))]

        listing = Listing(tenant, wanted, order)
        return page_of(self._pages, listing, read, limit=limit, cursor=cursor)

    def page_of_summaries(
        self,
        tenant: str,
        wanted: ExecutionFilter,
        *,
        limit: int,
        cursor: str | None,
        order: Order = "newest",
    ) -> Page[ExecutionSummary]:
        """Return the same without inputs and outputs, which are not read either."""

        def read(ids: Sequence[str]) -> list[ExecutionSummary]:
            found = self._pages.find_many(tenant, ids, is_summary=True)
            shown = map(self._awaiting, filter(wanted.accepts, found))
            return [*map(ExecutionSummary.of, shown)]

        listing = Listing(tenant, wanted, order)
        return page_of(self._pages, listing, read, limit=limit, cursor=cursor)

    def _shown(self, execution: Execution) -> Execution:
        """Return an execution as it is shown: outputs outside of its row have an address."""
        shown = with_inputs_url(self._payloads, self._awaiting(execution))
        if shown.stored_outputs is None:
            return shown
        url = self._payloads.url(shown.stored_outputs)
        return shown.model_copy(update={"outputs_url": url})

    def _awaiting(self, execution: Execution) -> Execution:
        """Return the execution with its next attempt, which is due only while it is waited for."""
        is_over = execution.due_at and execution.due_at <= self._now()
        if is_over or execution.status.is_terminal:
            return execution.model_copy(update={"due_at": None})
        return execution

    def _linked_run(self, run: TaskRun) -> TaskRun:
        if run.stored is None:
            return run
        return run.model_copy(update={"outputs_url": self._payloads.url(run.stored)})

    def _read(
        self, tenant: str, execution_id: str, *, has_outputs: bool = True
    ) -> tuple[ExecutionState, Plan]:
        state = None
        if is_id(execution_id):
            state = self._executions.load(tenant, execution_id, has_outputs=has_outputs)
        if state is None:
            raise ExecutionNotFoundError(f"there is no execution {execution_id[:64]!r}")
        execution = self._awaiting(state.execution)
        plan = self._plans.get(tenant, execution.flow_id, execution.flow_revision)
        return replace(state, execution=execution), plan


def _behind(
    tenant: str, execution_id: str, wanted: TaskRunFilter, cursor: str | None
) -> tuple[str, int]:
    """Return the name of a list of task runs, and how many of them are behind a cursor."""
    query = f"executions/{tenant}/{execution_id}/tasks/{wanted}"
    return query, decode_count(cursor, query) if cursor is not None else 0


def _step(run: TaskRun, read: OutputReader) -> StepResult:
    return StepResult(
        task_name=run.task_name,
        task_type=run.task_type,
        status=run.status,
        outputs=read(run) if run.outputs or run.stored else None,
        error=run.error,
        started_at=run.started_at,
        finished_at=run.finished_at,
        duration_ms=run.duration_ms,
    )


@cache
def execution_reader() -> ExecutionReader:
    return ExecutionReader(
        executions=execution_repository(),
        pages=execution_index(),
        plans=plan_repository(),
        payloads=payload_store(),
    )
