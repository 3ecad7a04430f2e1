"""Starts of executions: an accepted one is never lost, a repeated one never doubled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, Field

from shared.errors import (
    FlowNotFoundError,
    FlowNotRunnableError,
    IdempotencyKeyRequiredError,
)
from shared.executions.inputs import check_inputs
from shared.executions.lifecycle.launch import Launcher, Started, launcher
from shared.executions.lifecycle.new_execution import Prepared
from shared.executions.lifecycle.requests import KeyedRequest, StartClaims, accept, start_claims
from shared.flows.models import FlowRecord, FlowStatus, LabelName
from shared.flows.plans.repository import PlanRepository, plan_repository
from shared.flows.repository import FlowRepository, flow_repository
from shared.json_text import compact
from shared.namespaces.reader import NamespaceReader, namespace_reader
from shared.records import Record
from shared.validation import invalid_at, parse_body

if TYPE_CHECKING:
    from shared.flows.plans.plan import Plan

MAX_LABEL_BYTES = 16_000
"""The labels of a start; the flow's may be as large, and the row holds inputs and outputs too."""


class ExecutionDraft(Record):
    """The body of a request to start an execution."""

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
        flows: Callable[[str], FlowRepository],
        plans: PlanRepository,
        namespaces: NamespaceReader,
        claims: StartClaims,
        launcher: Launcher,
    ) -> None:
        self._flows = flows
        self._namespaces = namespaces
        self._plans = plans
        self._claims = claims
        self._launcher = launcher

    def start(self, request: StartRequest) -> Started:
        """Accept an execution; whoever comes second with a key completes the first's start.

        Raises FlowNotFoundError, FlowNotRunnableError, IdempotencyKeyRequiredError,
        InvalidRequestError and InvalidInputsError.
        """
        return accept(
            request, partial(self._prepare, request), claims=self._claims, launcher=self._launcher
        )

    def check(self, request: StartRequest) -> FlowRecord:
        """Check everything a start checks, and make nothing: a dry run."""
        draft, flow = self._checked(request)
        check_inputs(flow.inputs, draft.inputs)
        return flow

    def _prepare(self, request: StartRequest, revision: int | None) -> Prepared:
        draft, flow = self._checked(request)
        revision = revision or flow.revision
        read_plan = partial(self._plans.get, request.tenant, flow.id, revision)
        plan: FlowRecord | Plan = flow if revision == flow.revision else read_plan()
        return Prepared(
            flow=flow,
            revision=revision,
            plan=plan,
            read_plan=read_plan,
            inputs=check_inputs(plan.inputs, draft.inputs),
            namespace=self._namespaces.settings(request.tenant, flow.namespace),
            read_variables=self._namespaces.variables,
            labels=draft.labels,
        )

    def _checked(self, request: StartRequest) -> tuple[ExecutionDraft, FlowRecord]:
        """Check all but the inputs."""
        draft, flow_id = _draft(request)
        flow = find_runnable(self._flows(request.tenant), flow_id)
        check_labels(draft.labels)
        is_required = request.is_key_required or flow.idempotency == "required"
        if is_required and request.key is None:
            raise IdempotencyKeyRequiredError("this start needs an Idempotency-Key header")
        return draft, flow


def _draft(request: StartRequest) -> tuple[ExecutionDraft, str]:
    """Read the body, and the id of the flow from it if the path names none."""
    if request.flow_id is None:
        named = parse_body(FlowExecutionDraft, request.body)
        return named, named.flow_id
    return parse_body(ExecutionDraft, request.body), request.flow_id


def check_labels(labels: Mapping[str, str]) -> None:
    """Refuse labels that would take too much of an execution's row."""
    if len(compact(labels).encode()) > MAX_LABEL_BYTES:
        raise invalid_at("labels", f"take more than {MAX_LABEL_BYTES} bytes")


def find_runnable(flows: FlowRepository, flow_id: str) -> FlowRecord:
    """Return the flow, if it may be run; FlowNotFoundError or FlowNotRunnableError."""
    flow = flows.find(flow_id)
    if flow is None:
        raise FlowNotFoundError(f"there is no flow {flow_id[:64]!r}")
    if flow.disabled:
        raise FlowNotRunnableError(f"flow {flow.name!r} is disabled")
    if flow.status is not FlowStatus.ACTIVE:
        raise FlowNotRunnableError(f"flow {flow.name!r} is {flow.status}; activate it first")
    return flow


@cache
def execution_service() -> ExecutionService:
    return ExecutionService(
        flows=flow_repository,
        plans=plan_repository(),
        namespaces=namespace_reader(),
        claims=start_claims(),
        launcher=launcher(),
    )
