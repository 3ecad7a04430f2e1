"""HTTP resource /executions, and the start of one under /flows."""

from http import HTTPStatus
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Depends, Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import AwareDatetime

from functions.executions.services import (
    TENANT,
    bulk_service,
    canceller,
    execution_reader,
    execution_service,
    retry_service,
    trial_service,
)
from shared.executions.bulk.selection import BulkFilter
from shared.executions.bulk.service import BulkRequest, BulkService
from shared.executions.filters import ExecutionFilter, Word
from shared.executions.lifecycle.cancel import Canceller
from shared.executions.lifecycle.flow_tests import FlowTestDraft, FlowTestRequest, FlowTestService
from shared.executions.lifecycle.launch import Started
from shared.executions.lifecycle.retry import RetryRequest, RetryService
from shared.executions.lifecycle.start import (
    ExecutionDraft,
    ExecutionService,
    FlowExecutionDraft,
    StartRequest,
)
from shared.executions.models import Execution, Status
from shared.executions.task_runs import TaskRun
from shared.executions.views.logs import ExecutionLogLine, LogFilter
from shared.executions.views.models import ExecutionDetail, ExecutionResults, ResultsLink
from shared.executions.views.reader import ExecutionReader
from shared.flows.models import Label
from shared.http.app import http_app, http_handler
from shared.http.bodies import RawBody
from shared.http.headers import (
    REQUEST_ID,
    CorrelationIdHeader,
    IdempotencyKeyHeader,
    checked_correlation_id,
    checked_idempotency_key,
)
from shared.http.idempotency import REPLAYED, IdempotentRoute
from shared.http.paging import DEFAULT_LIMIT, Cursor, Limit
from shared.http.responses import answer, answer_page
from shared.records import Record
from shared.validation import NoBody

app = http_app()
once = IdempotentRoute(app, TENANT)

CREATED_BY = "local"
Level = Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR"]


Executions = Annotated[ExecutionService, Depends(execution_service)]
Cancels = Annotated[Canceller, Depends(canceller)]
Trials = Annotated[FlowTestService, Depends(trial_service)]
Retries = Annotated[RetryService, Depends(retry_service)]
Bulk = Annotated[BulkService, Depends(bulk_service)]
Reader = Annotated[ExecutionReader, Depends(execution_reader)]


class StartedExecution(Record):
    """What a start of a flow answers."""

    execution_id: str
    status: Status
    tasks_total: int


class CancelledExecution(Record):
    """A cancel that was accepted: `status` until the execution has settled and is CANCELLED."""

    execution_id: str
    status: Status


class DryRun(Record):
    """What a start would do; nothing was made."""

    valid: Literal[True] = True
    flow_id: str
    flow_revision: int
    tasks_total: int


class CreatedExecution(Execution):
    execution_id: str


@app.post("/api/v1/flows/<flow_id>/execute", status_code=HTTPStatus.ACCEPTED)
def execute_flow(
    flow_id: str,
    executions: Executions,
    body: RawBody[ExecutionDraft] = None,
    key: IdempotencyKeyHeader = None,
    correlation_id: CorrelationIdHeader = None,
    dry_run: Annotated[bool, Query(alias="dryRun")] = False,
) -> Response[StartedExecution | DryRun]:
    request = StartRequest(flow_id=flow_id, **_asked(body, key, correlation_id))
    if dry_run:
        flow = executions.check(request)
        checked = DryRun(flow_id=flow.id, flow_revision=flow.revision, tasks_total=flow.tasks_total)
        return answer(checked)
    return _accepted(executions.start(request))


@app.post("/api/v1/flows/<flow_id>/test", status_code=HTTPStatus.ACCEPTED)
def test_flow(
    flow_id: str,
    trials: Trials,
    body: RawBody[FlowTestDraft] = None,
    key: IdempotencyKeyHeader = None,
    correlation_id: CorrelationIdHeader = None,
    revision: Annotated[int | None, Query(ge=1)] = None,
) -> Response[StartedExecution]:
    asked = _asked(body, key, correlation_id)
    request = FlowTestRequest(flow_id=flow_id, revision=revision, **asked)
    return _accepted(trials.start(request))


@app.post("/api/v1/executions", status_code=HTTPStatus.CREATED)
def create_execution(
    executions: Executions,
    body: RawBody[FlowExecutionDraft] = None,
    key: IdempotencyKeyHeader = None,
    correlation_id: CorrelationIdHeader = None,
) -> Response[CreatedExecution]:
    asked = _asked(body, key, correlation_id)
    started = executions.start(StartRequest(flow_id=None, is_key_required=True, **asked))
    fields = {name: getattr(started.execution, name) for name in Execution.model_fields}
    created = CreatedExecution(**fields, execution_id=started.execution.id)
    return answer(created, HTTPStatus.CREATED, headers=_replayed(started))


@app.get("/api/v1/executions")
def list_executions(
    reader: Reader,
    flow_id: Annotated[Word | None, Query(alias="flowId")] = None,
    namespace: Word | None = None,
    status: Status | None = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    label: Label | None = None,
    correlation_id: Annotated[Word | None, Query(alias="correlationId")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response[list[Execution]]:
    page = reader.page(
        TENANT,
        ExecutionFilter(
            flow_id=flow_id,
            namespace=namespace,
            status=status,
            since=since,
            until=until,
            label=label,
            correlation_id=correlation_id,
        ),
        limit=limit,
        cursor=cursor,
    )
    return answer_page(app, page)


@app.post("/api/v1/executions/cancel", status_code=HTTPStatus.ACCEPTED)
def cancel_executions(
    bulk: Bulk,
    body: RawBody[BulkFilter] = None,
    key: IdempotencyKeyHeader = None,
    correlation_id: CorrelationIdHeader = None,
) -> Response[StartedExecution]:
    request = BulkRequest(action="cancel", **_asked(body, key, correlation_id))
    return _accepted(bulk.start(request))


@app.post("/api/v1/executions/retry", status_code=HTTPStatus.ACCEPTED)
def retry_executions(
    bulk: Bulk,
    body: RawBody[BulkFilter] = None,
    key: IdempotencyKeyHeader = None,
    correlation_id: CorrelationIdHeader = None,
    revision: Literal["latest"] | None = None,
    full: Annotated[bool, Query()] = False,
) -> Response[StartedExecution]:
    how = {"latest": revision == "latest", "full": full}
    request = BulkRequest(action="retry", how=how, **_asked(body, key, correlation_id))
    return _accepted(bulk.start(request))


@app.get("/api/v1/executions/<execution_id>")
def get_execution(execution_id: str, reader: Reader) -> ExecutionDetail:
    return reader.detail(TENANT, execution_id)


@app.get("/api/v1/executions/<execution_id>/tasks")
def list_task_runs(
    execution_id: str,
    reader: Reader,
    task_name: Annotated[str | None, Query(alias="taskName")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response[list[TaskRun]]:
    page = reader.task_runs(TENANT, execution_id, task_name=task_name, limit=limit, cursor=cursor)
    return answer_page(app, page)


@app.get("/api/v1/executions/<execution_id>/results")
def get_results(execution_id: str, reader: Reader) -> ExecutionResults | ResultsLink:
    return reader.results(TENANT, execution_id)


@app.get("/api/v1/executions/<execution_id>/logs")
def list_log_lines(
    execution_id: str,
    reader: Reader,
    level: Level | None = None,
    task_name: Annotated[str | None, Query(alias="taskName")] = None,
    since: AwareDatetime | None = None,
    cursor: Cursor = None,
) -> Response[list[ExecutionLogLine]]:
    wanted = LogFilter(level=level, task_name=task_name, since=since)
    return answer_page(app, reader.logs(TENANT, execution_id, wanted, cursor=cursor))


@app.post(
    "/api/v1/executions/<execution_id>/cancel",
    status_code=HTTPStatus.ACCEPTED,
    middlewares=[once],
)
def cancel_execution(execution_id: str, cancels: Cancels) -> Response[CancelledExecution]:
    return _cancelled(cancels.cancel(TENANT, execution_id, once.keep(_cancelled)))


@app.post("/api/v1/executions/<execution_id>/retry", status_code=HTTPStatus.ACCEPTED)
def retry_execution(
    execution_id: str,
    retries: Retries,
    body: RawBody[NoBody] = None,
    key: IdempotencyKeyHeader = None,
    correlation_id: CorrelationIdHeader = None,
    revision: Literal["latest"] | None = None,
    full: Annotated[bool, Query()] = False,
) -> Response[StartedExecution]:
    request = RetryRequest(
        execution_id=execution_id,
        is_latest=revision == "latest",
        is_full=full,
        **_asked(body, key, correlation_id),
    )
    return _accepted(retries.retry(request))


def _cancelled(execution: Execution) -> Response[CancelledExecution]:
    accepted = CancelledExecution(execution_id=execution.id, status=execution.status)
    return answer(accepted, HTTPStatus.ACCEPTED)


def _asked(body: Any, key: str | None, correlation_id: str | None) -> dict[str, Any]:
    """The fields of every request that starts an execution: see `KeyedRequest`."""
    event = app.current_event
    return {
        "tenant": TENANT,
        "path": event.path,
        "body": body,
        "key": checked_idempotency_key(key),
        "correlation_id": checked_correlation_id(correlation_id),
        "created_by": CREATED_BY,
        "request_id": event.headers.get(REQUEST_ID),
    }


def _accepted(started: Started) -> Response[Any]:
    accepted = StartedExecution(
        execution_id=started.execution.id,
        status=started.execution.status,
        tasks_total=started.execution.tasks_total,
    )
    return answer(accepted, HTTPStatus.ACCEPTED, headers=_replayed(started))


def _replayed(started: Started) -> dict[str, Any]:
    return {REPLAYED: "true"} if started.replayed else {}


lambda_handler = http_handler(app)
