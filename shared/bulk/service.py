"""Starting bulk operations: each is an execution of a built-in flow, accepted like any other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from shared.bodies import parse_body
from shared.bulk.choosing import BulkFilter
from shared.errors import InvalidRequestError, Problem
from shared.executions.launching import Launcher, Started
from shared.executions.models import OPEN_STATUSES, RETRYABLE_STATUSES, Execution
from shared.executions.service import FIRST_LOOK
from shared.flows import built_in
from shared.idempotency import Claim, IdempotencyRepository, claim_scope, fingerprint

KEPT: Final = timedelta(days=30)
"""How long the record of a bulk operation is kept."""
Action = Literal["cancel", "retry"]
_FLOWS: Final = {"cancel": built_in.CANCEL_MANY, "retry": built_in.RETRY_MANY}
_STATUSES: Final = {"cancel": frozenset(OPEN_STATUSES), "retry": RETRYABLE_STATUSES}


@dataclass(frozen=True)
class BulkRequest:
    """A request to cancel or retry what a filter (`body`, as sent) finds; `how` goes with it."""

    tenant: str
    path: str
    action: Action
    body: Mapping[str, Any] | None
    key: str | None
    correlation_id: str | None
    created_by: str
    request_id: str | None = None
    how: Mapping[str, Any] | None = None

    @property
    def fingerprint(self) -> str:
        return fingerprint([self.body, self.how])


@dataclass(frozen=True)
class BulkService:
    claims: IdempotencyRepository
    launcher: Launcher
    now: Callable[[], datetime]
    new_id: Callable[[datetime], str]

    def start(self, request: BulkRequest) -> Started:
        """Accept a bulk operation; whoever comes second with a key completes the first's start.

        Raises InvalidRequestError for a filter that says nothing, or a status that cannot match.
        """
        scope = claim_scope(request.tenant, request.path, request.key or "")
        claim = self.claims.find(scope, now=self.now()) if request.key else None
        if claim:
            claim.check(request.fingerprint)
            started = self.launcher.again(request.tenant, claim.execution_id)
            if started:
                return started
        chosen = _checked(request)
        mine = self._claim(request, scope)
        first = claim or (self.claims.claim(mine) if request.key else mine)
        first.check(mine.fingerprint)
        inputs = {"filter": chosen.model_dump(mode="json", by_alias=True, exclude_none=True)}
        execution = bulk_execution(
            first.flow_id,
            tenant=request.tenant,
            execution_id=first.execution_id,
            inputs=inputs | dict(request.how or {}),
            created_at=first.created_at,
            created_by=request.created_by,
        ).model_copy(
            update={"correlation_id": request.correlation_id, "request_id": request.request_id}
        )
        is_mine = first.execution_id == mine.execution_id
        return self.launcher.launch(execution, replayed=not is_mine)

    def _claim(self, request: BulkRequest, scope: str) -> Claim:
        now = self.now()
        return Claim(
            scope=scope,
            fingerprint=request.fingerprint,
            execution_id=self.new_id(now),
            flow_id=_FLOWS[request.action],
            revision=built_in.REVISION,
            created_at=now,
        )


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
        check_at=created_at + FIRST_LOOK,
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
