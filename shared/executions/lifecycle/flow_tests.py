"""Test runs: executions of any revision, drafts too, with mocks in the place of some tasks."""

from dataclasses import dataclass
from typing import Any

from shared.errors import FlowNotFoundError, NotSupportedYetError, RevisionNotFoundError
from shared.executions.inputs import check_inputs
from shared.executions.lifecycle.launch import Launcher, Started
from shared.executions.lifecycle.requests import KeyedRequest, StartClaims
from shared.executions.lifecycle.start import ExecutionDraft, check_labels
from shared.executions.mocks import check_mocks
from shared.executions.models import FIRST_CHECK_AFTER, Execution
from shared.executions.secrets import guarded_inputs, with_masked_labels
from shared.flows.models import FlowRecord
from shared.flows.plans.plan import Plan
from shared.flows.plans.repository import PlanRepository
from shared.flows.repository import FlowRepository
from shared.idempotency.claims import Claim
from shared.validation import parse_body


class FlowTestDraft(ExecutionDraft):
    """A test run to be; `mocks` are outputs by task name, or `{"error": {…}}` for a failure."""

    mocks: dict[str, dict[str, Any]] = {}


@dataclass(frozen=True, kw_only=True)
class FlowTestRequest(KeyedRequest):
    """A request for a test run, of the flow's current revision unless one is named."""

    flow_id: str
    revision: int | None = None

    @property
    def payload(self) -> Any:
        return [self.body, self.revision]


@dataclass(frozen=True)
class FlowTestService:
    flows: FlowRepository
    plans: PlanRepository
    claims: StartClaims
    launcher: Launcher

    def start(self, request: FlowTestRequest) -> Started:
        """Accept a test run; whoever comes second with a key completes the first's.

        Raises FlowNotFoundError, RevisionNotFoundError, NotSupportedYetError for a revision that
        cannot run, and what a start raises for its inputs.
        """
        earlier = self.claims.find(request)
        started = earlier and self.launcher.again(request.tenant, earlier.execution_id)
        if started:
            return started
        draft = parse_body(FlowTestDraft, request.body)
        flow = self.flows.find(request.flow_id)
        if flow is None:
            raise FlowNotFoundError("there is no such flow")
        revision = earlier.revision if earlier else request.revision or flow.revision
        mine = self.claims.draft(request, flow_id=flow.id, revision=revision)
        plan = self._plan(request.tenant, flow, revision)
        # Refuses what is wrong before anything is remembered.
        execution = _execution(request, draft, flow, plan, mine)
        first = self.claims.acquire(request, mine, earlier)
        if first is not mine:
            if first.revision != revision:
                plan = self._plan(request.tenant, flow, first.revision)
            execution = _execution(request, draft, flow, plan, first)
        is_mine = first.execution_id == mine.execution_id
        return self.launcher.launch(execution, replayed=not is_mine)

    def _plan(self, tenant: str, flow: FlowRecord, revision: int) -> Plan:
        try:
            return self.plans.get(tenant, flow.id, revision)
        except LookupError:
            if self.flows.find_text(flow.id, revision) is None:
                raise RevisionNotFoundError(f"the flow has no revision {revision}") from None
        raise NotSupportedYetError(f"revision {revision} uses what cannot run yet")


def _execution(
    request: FlowTestRequest, draft: FlowTestDraft, flow: FlowRecord, plan: Plan, claim: Claim
) -> Execution:
    check_labels(draft.labels)
    check_mocks(draft.mocks, [planned.task.name for planned in plan.tasks])
    return with_masked_labels(
        Execution(
            tenant=request.tenant,
            id=claim.execution_id,
            flow_id=flow.id,
            flow_name=flow.name,
            namespace=flow.namespace,
            flow_revision=claim.revision,
            tasks_total=plan.tasks_total,
            **guarded_inputs(plan.inputs, check_inputs(plan.inputs, draft.inputs)),
            labels={**flow.labels, **draft.labels},
            correlation_id=request.correlation_id,
            request_id=request.request_id,
            retention_seconds=flow.retention_seconds,
            test=True,
            mocks=draft.mocks,
            created_at=claim.created_at,
            check_at=claim.created_at + FIRST_CHECK_AFTER,
            created_by=request.created_by,
        )
    )
