"""Starts of bulk operations: each is an execution of a built-in flow, accepted like any other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, partial
from typing import Any, Final, Literal

from shared.executions.bulk.selection import BulkFilter
from shared.executions.lifecycle.launch import Launcher, Started, launcher
from shared.executions.lifecycle.new_execution import FlowReference, Prepared
from shared.executions.lifecycle.requests import KeyedRequest, StartClaims, accept, start_claims
from shared.executions.models import OPEN_STATUSES, RETRYABLE_STATUSES
from shared.flows.plans import built_in
from shared.validation import invalid_at, parse_body

KEPT: Final = timedelta(days=30)
"""The time that the record of a bulk operation is kept."""
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
        return accept(
            request, partial(_prepare, request), claims=self.claims, launcher=self.launcher
        )


def _prepare(request: BulkRequest, revision: int | None) -> Prepared:
    chosen = _checked(request)
    said = chosen.model_dump(mode="json", by_alias=True, exclude_none=True)
    inputs = {"filter": said, **request.how}
    return bulk_start(_FLOWS[request.action], inputs, revision or built_in.REVISION)


def bulk_start(
    flow_id: str, inputs: Mapping[str, Any], revision: int = built_in.REVISION
) -> Prepared:
    """Return the start of a built-in flow on these inputs."""
    plan = built_in.plan_of(flow_id, revision)
    flow = FlowReference(
        id=flow_id,
        name=plan.name,
        namespace=plan.namespace,
        retention_seconds=int(KEPT.total_seconds()),
    )
    return Prepared(flow=flow, revision=revision, plan=plan, read_plan=lambda: plan, inputs=inputs)


def _checked(request: BulkRequest) -> BulkFilter:
    chosen = parse_body(BulkFilter, request.body)
    allowed = _STATUSES[request.action]
    if chosen.is_empty:
        raise invalid_at("", f"name at least one of {', '.join(_fields())}")
    if chosen.status and not allowed.issuperset(chosen.status):
        names = ", ".join(sorted(allowed))
        raise invalid_at("status", f"must be one of {names} to {request.action}")
    return chosen


def _fields() -> list[str]:
    return [field.alias or name for name, field in BulkFilter.model_fields.items()]


@cache
def bulk_service() -> BulkService:
    return BulkService(start_claims(), launcher())
