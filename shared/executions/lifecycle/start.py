"""Starting executions, so that an accepted one is never lost and a repeated one never doubled."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict, Field

from shared.errors import (
    FlowNotFoundError,
    FlowNotRunnableError,
    IdempotencyKeyRequiredError,
    InvalidRequestError,
    Problem,
)
from shared.executions.inputs import check_inputs
from shared.executions.lifecycle.concurrency import concurrency_slot
from shared.executions.lifecycle.launch import Launcher, Started
from shared.executions.lifecycle.requests import KeyedRequest, StartClaims
from shared.executions.models import FIRST_CHECK_AFTER, Execution
from shared.executions.secrets import guarded_inputs, with_masked_labels
from shared.flows.models import FlowRecord, FlowStatus, LabelName
from shared.flows.plans.repository import PlanRepository
from shared.flows.repository import FlowRepository
from shared.idempotency.claims import Claim
from shared.json_text import compact
from shared.records import Record
from shared.validation import parse_body

MAX_LABEL_BYTES = 16_000
"""As much again comes from the flow; the execution's row holds inputs and outputs as well."""


class ExecutionDraft(Record):
    """What a client may say of an execution to be."""

    model_config = ConfigDict(extra="forbid")

    inputs: dict[str, Any] = {}
    labels: dict[LabelName, str] = Field(default={}, max_length=50)


class FlowExecutionDraft(ExecutionDraft):
    """The same, naming its flow."""

    flow_id: str


@dataclass(frozen=True, kw_only=True)
class StartRequest(KeyedRequest):
    """A request to start a flow: the one of the path, or else the one that the body names."""

    flow_id: str | None
    is_key_required: bool = False


class ExecutionService:
    def __init__(
        self,
        *,
        flows: FlowRepository,
        plans: PlanRepository,
        claims: StartClaims,
        launcher: Launcher,
    ) -> None:
        self._flows = flows
        self._plans = plans
        self._claims = claims
        self._launcher = launcher

    def start(self, request: StartRequest) -> Started:
        """Accept an execution; whoever comes second with a key completes the first's start.

        The key is looked up, the request checked, the key claimed, the execution put, its run
        started. Every step can be repeated.
        """
        earlier = self._claims.find(request)
        started = earlier and self._launcher.again(request.tenant, earlier.execution_id)
        if started:
            return started
        draft, flow = self._checked(request)
        mine = self._claims.draft(request, flow_id=flow.id, revision=flow.revision)
        if flow.concurrency and earlier is None:
            # Refuses what has no key to wait by, before anything is remembered.
            self._execution(request, draft, flow, mine)
        first = self._claims.acquire(request, mine, earlier)
        execution = self._execution(request, draft, flow, first)
        is_mine = first.execution_id == mine.execution_id
        return self._launcher.launch(execution, replayed=not is_mine)

    def check(self, request: StartRequest) -> FlowRecord:
        """A dry run: everything a start checks, and nothing is made."""
        return self._checked(request)[1]

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
            check_at=claim.created_at + FIRST_CHECK_AFTER,
            created_by=request.created_by,
        )
        execution = with_masked_labels(execution)
        slot = concurrency_slot(
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
