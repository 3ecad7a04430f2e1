"""Starting bulk operations: each is an execution of a built-in flow, accepted like any other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from shared.errors import InvalidRequestError, Problem
from shared.executions.bulk.selection import BulkFilter
from shared.executions.lifecycle.launch import Launcher, Started
from shared.executions.lifecycle.requests import KeyedRequest, StartClaims
from shared.executions.models import FIRST_CHECK_AFTER, OPEN_STATUSES, RETRYABLE_STATUSES, Execution
from shared.flows.plans import built_in
from shared.validation import parse_body

KEPT: Final = timedelta(days=30)
"""How long the record of a bulk operation is kept."""
Action = Literal["cancel", "retry"]
_FLOWS: Final = {"cancel": built_in.CANCEL_MANY, "retry": built_in.RETRY_MANY}
_STATUSES: Final = {"cancel": frozenset(OPEN_STATUSES), "retry": RETRYABLE_STATUSES}


@dataclass(frozen=True, kw_only=True)
class BulkRequest(KeyedRequest):
    """A request to cancel or retry what a filter (`body`) finds; `how` goes with it."""

    action: Action
    how: Mapping[str, Any] = field(default_factory=dict)

    @property
    def payload(self) -> Any:
        return [self.body, dict(self.how)]


@dataclass(frozen=True)
class BulkService:
    claims: StartClaims
    launcher: Launcher

    def start(self, request: BulkRequest) -> Started:
        """Accept a bulk operation; whoever comes second with a key completes the first's start.

        Raises InvalidRequestError for a filter that says nothing, or a status that cannot match.
        """
        earlier = self.claims.find(request)
        started = earlier and self.launcher.again(request.tenant, earlier.execution_id)
        if started:
            return started
        chosen = _checked(request)
        flow_id = _FLOWS[request.action]
        mine = self.claims.draft(request, flow_id=flow_id, revision=built_in.REVISION)
        first = self.claims.acquire(request, mine, earlier)
        said = chosen.model_dump(mode="json", by_alias=True, exclude_none=True)
        execution = bulk_execution(
            first.flow_id,
            tenant=request.tenant,
            execution_id=first.execution_id,
            inputs={"filter": said, **request.how},
            created_at=first.created_at,
            created_by=request.created_by,
        ).model_copy(
            update={"correlation_id": request.correlation_id, "request_id": request.request_id}
        )
        is_mine = first.execution_id == mine.execution_id
        return self.launcher.launch(execution, replayed=not is_mine)


def bulk_execution(  # noqa: PLR0913 - what an execution is made of, each named
    flow_id: str,
    *,
    tenant: str,
    execution_id: str,
    inputs: Mapping[str, Any],
    created_at: datetime,
    created_by: str,
) -> Execution:
    """An execution of a built-in flow, as it begins."""
    plan = built_in.plan_of(flow_id, built_in.REVISION)
    return Execution(
        tenant=tenant,
        id=execution_id,
        flow_id=flow_id,
        flow_name=plan.name,
        namespace=plan.namespace,
        flow_revision=built_in.REVISION,
        tasks_total=plan.tasks_total,
        inputs=dict(inputs),
        retention_seconds=int(KEPT.total_seconds()),
        created_at=created_at,
        check_at=created_at + FIRST_CHECK_AFTER,
        created_by=created_by,
    )


def _checked(request: BulkRequest) -> BulkFilter:
    chosen = parse_body(BulkFilter, request.body)
    allowed = _STATUSES[request.action]
    if chosen.is_empty:
        problem = Problem(path="", message=f"name at least one of {', '.join(_fields())}")
    elif chosen.status is not None and chosen.status not in allowed:
        names = ", ".join(sorted(allowed))
        problem = Problem(path="status", message=f"must be one of {names} to {request.action}")
    else:
        return chosen
    raise InvalidRequestError("the request is not valid", problems=[problem])


def _fields() -> list[str]:
    return [field.alias or name for name, field in BulkFilter.model_fields.items()]
