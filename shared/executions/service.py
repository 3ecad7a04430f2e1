"""Starting executions, so that an accepted one is never lost and a repeated one never doubled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import ConfigDict, Field

from shared.bodies import parse_body
from shared.errors import (
    FlowNotFoundError,
    FlowNotRunnableError,
    IdempotencyKeyRequiredError,
    InvalidRequestError,
    Problem,
)
from shared.executions.inputs import check_inputs
from shared.executions.launching import Launcher, Started
from shared.executions.lines import slot_of
from shared.executions.models import Execution, Record
from shared.executions.rows import compact
from shared.executions.secrets import guarded_inputs, masking_of
from shared.flows.models import FlowRecord, FlowStatus
from shared.flows.plans import PlanRepository
from shared.flows.repository import FlowRepository
from shared.idempotency import Claim, IdempotencyRepository, claim_scope, fingerprint

FIRST_LOOK = timedelta(seconds=60)
"""How long a started execution may stay unfinished before the reconciler looks at it."""


MAX_LABEL_BYTES = 16_000
"""As much again comes from the flow; the execution's row holds inputs and outputs as well."""


class NoBody(Record):
    """What a route accepts that takes nothing but an empty object."""

    model_config = ConfigDict(extra="forbid")


class ExecutionDraft(Record):
    """What a client may say of an execution to be."""

    model_config = ConfigDict(extra="forbid")

    inputs: dict[str, Any] = {}
    labels: dict[str, str] = Field(default={}, max_length=50)


class FlowExecutionDraft(ExecutionDraft):
    """The same, naming its flow."""

    flow_id: str


@dataclass(frozen=True)
class StartRequest:
    """A request to start: `path` is the concrete path a key counts for, `body` the JSON as sent."""

    tenant: str
    path: str
    body: Mapping[str, Any] | None
    flow_id: str | None
    key: str | None
    correlation_id: str | None
    created_by: str
    request_id: str | None = None
    is_key_required: bool = False


class ExecutionService:
    def __init__(  # noqa: PLR0913 - the collaborators of a start, each named
        self,
        *,
        flows: FlowRepository,
        plans: PlanRepository,
        claims: IdempotencyRepository,
        launcher: Launcher,
        now: Callable[[], datetime],
        new_id: Callable[[datetime], str],
    ) -> None:
        self._flows = flows
        self._plans = plans
        self._claims = claims
        self._launcher = launcher
        self._now = now
        self._new_id = new_id

    def start(self, request: StartRequest) -> Started:
        """Accept an execution; whoever comes second with a key completes the first's start.

        The key is looked up, the request checked, the key claimed, the execution put, its run
        started. Every step can be repeated.
        """
        claim = self._earlier_claim(request)
        started = claim and self._launcher.again(request.tenant, claim.execution_id)
        if started:
            return started
        draft, flow = self._checked(request)
        replayed = claim is not None
        if claim is None:
            mine = self._claim_for(request, flow)
            if flow.concurrency:
                # Refuses what has no key to wait by, before anything is remembered.
                self._execution(request, draft, flow, mine)
            claim = self._claims.claim(mine) if request.key else mine
            claim.check(mine.fingerprint)
            replayed = claim.execution_id != mine.execution_id
        execution = self._execution(request, draft, flow, claim)
        return self._launcher.launch(execution, replayed=replayed)

    def check(self, request: StartRequest) -> FlowRecord:
        """A dry run: everything a start checks, and nothing is made."""
        return self._checked(request)[1]

    def _earlier_claim(self, request: StartRequest) -> Claim | None:
        if request.key is None:
            return None
        scope = claim_scope(request.tenant, request.path, request.key)
        claim = self._claims.find(scope, now=self._now())
        if claim:
            claim.check(fingerprint(request.body))
        return claim

    def _checked(self, request: StartRequest) -> tuple[ExecutionDraft, FlowRecord]:
        if request.flow_id is None:
            named = parse_body(FlowExecutionDraft, request.body)
            draft: ExecutionDraft = named
            flow_id = named.flow_id
        else:
            draft = parse_body(ExecutionDraft, request.body)
            flow_id = request.flow_id
        flow = find_runnable(self._flows, flow_id)
        check_labels(draft.labels)
        is_required = request.is_key_required or flow.idempotency == "required"
        if is_required and request.key is None:
            raise IdempotencyKeyRequiredError("this start needs an Idempotency-Key header")
        return draft.model_copy(update={"inputs": check_inputs(flow.inputs, draft.inputs)}), flow

    def _claim_for(self, request: StartRequest, flow: FlowRecord) -> Claim:
        now = self._now()
        return Claim(
            scope=claim_scope(request.tenant, request.path, request.key or ""),
            fingerprint=fingerprint(request.body),
            execution_id=self._new_id(now),
            flow_id=flow.id,
            revision=flow.revision,
            created_at=now,
        )

    def _execution(
        self, request: StartRequest, draft: ExecutionDraft, flow: FlowRecord, claim: Claim
    ) -> Execution:
        declared, inputs, tasks_total = flow.inputs, draft.inputs, flow.tasks_total
        concurrency = flow.concurrency
        if claim.revision != flow.revision:
            # The flow was saved anew between the claim and this try: its revision is the claim's.
            plan = self._plans.get(request.tenant, flow.id, claim.revision)
            given = (request.body or {}).get("inputs", {})
            declared, tasks_total, concurrency = plan.inputs, plan.tasks_total, plan.concurrency
            inputs = check_inputs(declared, given)
        execution = Execution(
            tenant=request.tenant,
            id=claim.execution_id,
            flow_id=flow.id,
            flow_name=flow.name,
            namespace=flow.namespace,
            flow_revision=claim.revision,
            tasks_total=tasks_total,
            **guarded_inputs(declared, inputs),
            labels={**flow.labels, **draft.labels},
            correlation_id=request.correlation_id,
            request_id=request.request_id,
            retention_seconds=flow.retention_seconds,
            created_at=claim.created_at,
            check_at=claim.created_at + FIRST_LOOK,
            created_by=request.created_by,
        )
        labels = masking_of(execution).tree(execution.labels)
        execution = execution.model_copy(update={"labels": labels})
        slot = slot_of(
            execution,
            concurrency,
            lambda: self._plans.get(request.tenant, flow.id, claim.revision),
        )
        return execution.model_copy(update={"slot": slot})


def check_labels(labels: Mapping[str, str]) -> None:
    """Refuse labels that would take too much of an execution's row."""
    if len(compact(labels).encode()) > MAX_LABEL_BYTES:
        problem = Problem(path="labels", message=f"take more than {MAX_LABEL_BYTES} bytes")
        raise InvalidRequestError("the request is not valid", problems=[problem])


def find_runnable(flows: FlowRepository, flow_id: str) -> FlowRecord:
    """The flow, if it may be run; FlowNotFoundError or FlowNotRunnableError."""
    flow = flows.find(flow_id)
    if flow is None:
        raise FlowNotFoundError(f"there is no flow {flow_id[:64]!r}")
    if flow.disabled:
        raise FlowNotRunnableError(f"flow {flow.name!r} is disabled")
    if flow.status is not FlowStatus.ACTIVE:
        raise FlowNotRunnableError(f"flow {flow.name!r} is {flow.status}; activate it first")
    return flow
