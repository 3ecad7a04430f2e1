"""HTTP resource /executions: read, cancel; `starts` has the routes that start one."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Depends, Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.executions import starts
from shared.executions.filters import ExecutionFilter, TaskRunFilter, TriggerId, Word
from shared.executions.lifecycle.cancel import Canceller, canceller
from shared.executions.models import Execution, Status, TriggerType
from shared.executions.task_runs import TaskRun, TaskStatus
from shared.executions.views.listing import Order
from shared.executions.views.logs import ExecutionLogLine, LogFilter
from shared.executions.views.models import (
    CancelledExecution,
    ExecutionDetail,
    ExecutionDetailSummary,
    ExecutionResults,
    ExecutionSummary,
    ResultsLink,
    TaskRunSummary,
)
from shared.executions.views.reader import ExecutionReader, execution_reader
from shared.flows.models import Label
from shared.http.app import http_app, http_handler
from shared.http.caller import Caller
from shared.http.flags import Flag
from shared.http.idempotency import IdempotentRoute
from shared.http.paging import DEFAULT_LIMIT, SEVERAL, Cursor, Limit, View
from shared.http.responses import answer, answer_page
from shared.ids import ExecutionId, FlowId
from shared.names import Namespace
from shared.times import QueryInstant

if TYPE_CHECKING:
    from shared.paging import Page

app = http_app()
app.include_router(starts.router)
once = IdempotentRoute(app)

Level = Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR"]


def deployed_canceller() -> Canceller:
    return canceller()  # made here: a parameter of a dependency would be one of the request


Cancels = Annotated[Canceller, Depends(deployed_canceller)]
Reader = Annotated[ExecutionReader, Depends(execution_reader)]


@app.get("/api/v1/executions", summary="List executions, newest first")
def list_executions(
    reader: Reader,
    caller: Caller,
    flow_id: Annotated[FlowId | None, Query(alias="flowId")] = None,
    namespace: Namespace | None = None,
    status: Annotated[list[Status] | None, SEVERAL] = None,
    since: QueryInstant | None = None,
    until: QueryInstant | None = None,
    label: Label | None = None,
    correlation_id: Annotated[Word | None, Query(alias="correlationId")] = None,
    trigger_type: Annotated[TriggerType | None, Query(alias="triggerType")] = None,
    trigger_id: Annotated[TriggerId | None, Query(alias="triggerId")] = None,
    parent_id: Annotated[ExecutionId | None, Query(alias="parentId")] = None,
    retry_of: Annotated[ExecutionId | None, Query(alias="retryOf")] = None,
    test: Annotated[Flag | None, Query(description="Whether it is a test run.")] = None,
    order: Order = "newest",
    view: View = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response[list[Execution] | list[ExecutionSummary]]:
    chosen = ExecutionFilter(
        flow_id=flow_id,
        namespace=namespace,
        statuses=tuple(sorted(set(status or ()))),
        since=since,
        until=until,
        label=label,
        correlation_id=correlation_id,
        trigger_type=trigger_type,
        trigger_id=trigger_id,
        parent_id=parent_id,
        retry_of=retry_of,
        test=test,
    )
    read = reader.page_of_summaries if view else reader.page
    page: Page[Any] = read(caller.tenant, chosen, limit=limit, cursor=cursor, order=order)
    return answer_page(app, page)


@app.get("/api/v1/executions/<execution_id>", summary="Read an execution with its tasks")
def get_execution(
    execution_id: str, reader: Reader, caller: Caller, view: View = None
) -> ExecutionDetail | ExecutionDetailSummary:
    read = reader.detail_summary if view else reader.detail
    return read(caller.tenant, execution_id)


@app.get(
    "/api/v1/executions/<execution_id>/tasks", summary="List task runs, in the order of the text"
)
def list_task_runs(
    execution_id: str,
    reader: Reader,
    caller: Caller,
    task_name: Annotated[str | None, Query(alias="taskName")] = None,
    status: Annotated[list[TaskStatus] | None, SEVERAL] = None,
    view: View = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response[list[TaskRun] | list[TaskRunSummary]]:
    wanted = TaskRunFilter(task_name=task_name, statuses=tuple(sorted(set(status or ()))))
    read = reader.task_run_summaries if view else reader.task_runs
    page: Page[Any] = read(caller.tenant, execution_id, wanted, limit=limit, cursor=cursor)
    return answer_page(app, page)


@app.get("/api/v1/executions/<execution_id>/results")
def get_results(
    execution_id: str, reader: Reader, caller: Caller
) -> ExecutionResults | ResultsLink:
    return reader.results(caller.tenant, execution_id)


@app.get("/api/v1/executions/<execution_id>/logs")
def list_log_lines(
    execution_id: str,
    reader: Reader,
    caller: Caller,
    level: Level | None = None,
    task_name: Annotated[str | None, Query(alias="taskName")] = None,
    since: QueryInstant | None = None,
    cursor: Cursor = None,
) -> Response[list[ExecutionLogLine]]:
    wanted = LogFilter(level=level, task_name=task_name, since=since)
    return answer_page(app, reader.logs(caller.tenant, execution_id, wanted, cursor=cursor))


@app.post(
    "/api/v1/executions/<execution_id>/cancel",
    status_code=HTTPStatus.ACCEPTED,
    middlewares=[once],
)
def cancel_execution(
    execution_id: str, cancels: Cancels, caller: Caller
) -> Response[CancelledExecution]:
    return _cancelled(cancels.cancel(caller.tenant, execution_id, once.keep(_cancelled)))


def _cancelled(execution: Execution) -> Response[CancelledExecution]:
    accepted = CancelledExecution(execution_id=execution.id, status=execution.status)
    return answer(accepted, HTTPStatus.ACCEPTED)


lambda_handler = http_handler(app)
