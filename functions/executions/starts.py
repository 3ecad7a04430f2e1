"""The routes that start an execution: of a flow, of a retry, of something done to many."""

from http import HTTPStatus
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Depends, Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from shared.auth.principal import Principal
from shared.executions.bulk.selection import BulkFilter
from shared.executions.bulk.service import BulkRequest, BulkService, bulk_service
from shared.executions.lifecycle.flow_tests import (
    FlowTestDraft,
    FlowTestRequest,
    FlowTestService,
    flow_test_service,
)
from shared.executions.lifecycle.launch import Started
from shared.executions.lifecycle.retry import RetryRequest, RetryService, retry_service
from shared.executions.lifecycle.start import (
    ExecutionDraft,
    ExecutionService,
    FlowExecutionDraft,
    StartRequest,
    execution_service,
)
from shared.executions.models import Execution
from shared.executions.views.models import CreatedExecution, DryRun, StartedExecution
from shared.http.bodies import RawBody, content_of
from shared.http.caller import Caller
from shared.http.flags import Flag
from shared.http.headers import (
    REQUEST_ID,
    CorrelationIdHeader,
    IdempotencyKeyHeader,
    checked_correlation_id,
    checked_idempotency_key,
)
from shared.http.idempotency import REPLAYED
from shared.http.responses import answer
from shared.validation import NoBody

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]  # theirs

Executions = Annotated[ExecutionService, Depends(execution_service)]
FlowTests = Annotated[FlowTestService, Depends(flow_test_service)]
Bulk = Annotated[BulkService, Depends(bulk_service)]


def deployed_retries() -> RetryService:
    return retry_service()  # made here: a parameter of a dependency would be one of the request


Retries = Annotated[RetryService, Depends(deployed_retries)]


EXECUTED: dict[int, Any] = {
    HTTPStatus.OK: {
        "description": "What a dry run would have started",
        "content": content_of("DryRun"),
    },
    HTTPStatus.ACCEPTED: {
        "description": "What was started",
        "content": content_of("StartedExecution"),
    },
}


@router.post("/api/v1/flows/<flow_id>/execute", status_code=HTTPStatus.ACCEPTED, responses=EXECUTED)
def execute_flow(
    flow_id: str,
    executions: Executions,
    caller: Caller,
    body: RawBody[ExecutionDraft] = None,
    key: IdempotencyKeyHeader = None,
    correlation_id: CorrelationIdHeader = None,
    dry_run: Annotated[Flag, Query(alias="dryRun")] = False,
) -> Response[StartedExecution | DryRun]:
    request = StartRequest(flow_id=flow_id, **_asked(caller, body, key, correlation_id))
    if dry_run:
        flow = executions.check(request)
        checked = DryRun(flow_id=flow.id, flow_revision=flow.revision, tasks_total=flow.tasks_total)
        return answer(checked)
    return _accepted(executions.start(request))


@router.post("/api/v1/flows/<flow_id>/test", status_code=HTTPStatus.ACCEPTED)
def test_flow(
    flow_id: str,
    tests: FlowTests,
    caller: Caller,
    body: RawBody[FlowTestDraft] = None,
    key: IdempotencyKeyHeader = None,
    correlation_id: CorrelationIdHeader = None,
    revision: Annotated[int | None, Query(ge=1)] = None,
) -> Response[StartedExecution]:
    asked = _asked(caller, body, key, correlation_id)
    request = FlowTestRequest(flow_id=flow_id, revision=revision, **asked)
    return _accepted(tests.start(request))


@router.post("/api/v1/executions", status_code=HTTPStatus.CREATED)
def create_execution(
    executions: Executions,
    caller: Caller,
    body: RawBody[FlowExecutionDraft] = None,
    key: IdempotencyKeyHeader = None,
    correlation_id: CorrelationIdHeader = None,
) -> Response[CreatedExecution]:
    asked = _asked(caller, body, key, correlation_id)
    started = executions.start(StartRequest(flow_id=None, is_key_required=True, **asked))
    fields = {name: getattr(started.execution, name) for name in Execution.model_fields}
    created = CreatedExecution(**fields, execution_id=started.execution.id)
    return answer(created, HTTPStatus.CREATED, headers=_replayed(started))


@router.post("/api/v1/executions/cancel", status_code=HTTPStatus.ACCEPTED)
def cancel_executions(
    bulk: Bulk,
    caller: Caller,
    body: RawBody[BulkFilter] = None,
    key: IdempotencyKeyHeader = None,
    correlation_id: CorrelationIdHeader = None,
) -> Response[StartedExecution]:
    request = BulkRequest(action="cancel", **_asked(caller, body, key, correlation_id))
    return _accepted(bulk.start(request))


@router.post("/api/v1/executions/retry", status_code=HTTPStatus.ACCEPTED)
def retry_executions(
    bulk: Bulk,
    caller: Caller,
    body: RawBody[BulkFilter] = None,
    key: IdempotencyKeyHeader = None,
    correlation_id: CorrelationIdHeader = None,
    revision: Literal["latest"] | None = None,
    full: Annotated[Flag, Query()] = False,
) -> Response[StartedExecution]:
    how = {"latest": revision == "latest", "full": full}
    request = BulkRequest(action="retry", how=how, **_asked(caller, body, key, correlation_id))
    return _accepted(bulk.start(request))


@router.post("/api/v1/executions/<execution_id>/retry", status_code=HTTPStatus.ACCEPTED)
def retry_execution(
    execution_id: str,
    retries: Retries,
    caller: Caller,
    body: RawBody[NoBody] = None,
    key: IdempotencyKeyHeader = None,
    correlation_id: CorrelationIdHeader = None,
    revision: Literal["latest"] | None = None,
    full: Annotated[Flag, Query()] = False,
) -> Response[StartedExecution]:
    request = RetryRequest(
        execution_id=execution_id,
        is_latest=revision == "latest",
        is_full=full,
        **_asked(caller, body, key, correlation_id),
    )
    return _accepted(retries.retry(request))


def _asked(
    caller: Principal, body: Any, key: str | None, correlation_id: str | None
) -> dict[str, Any]:
    """Return the fields of every request that starts an execution: see `KeyedRequest`."""
    event = router.current_event
    return {
        "tenant": caller.tenant,
        "path": event.path,
        "body": body,
        "key": checked_idempotency_key(key),
        "correlation_id": checked_correlation_id(correlation_id),
        "created_by": caller.name,
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
