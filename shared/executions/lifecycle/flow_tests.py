"""Test runs: executions of any revision, drafts too, with mocks in the place of some tasks."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from shared.errors import FlowNotFoundError, NotSupportedYetError, RevisionNotFoundError
from shared.executions.inputs import check_inputs
from shared.executions.lifecycle.launch import Launcher, Started, launcher
from shared.executions.lifecycle.new_execution import Origin, Prepared
from shared.executions.lifecycle.requests import KeyedRequest, StartClaims, accept, start_claims
from shared.executions.lifecycle.start import ExecutionDraft, check_labels
from shared.executions.mocks import check_mocks
from shared.flows.models import FlowRecord
from shared.flows.plans.plan import Plan
from shared.flows.plans.repository import PlanRepository, plan_repository
from shared.flows.repository import FlowRepository, flow_repository
from shared.namespaces.reader import NamespaceReader, namespace_reader
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
    flows: Callable[[str], FlowRepository]
    plans: PlanRepository
    namespaces: NamespaceReader
    claims: StartClaims
    launcher: Launcher

    def start(self, request: FlowTestRequest) -> Started:
        """Accept a test run; whoever comes second with a key completes the first's.

        Raises FlowNotFoundError, RevisionNotFoundError, NotSupportedYetError for a revision that
        cannot run, and what a start raises for its inputs.
        """
        return accept(
            request, partial(self._prepare, request), claims=self.claims, launcher=self.launcher
        )

    def _prepare(self, request: FlowTestRequest, revision: int | None) -> Prepared:
        draft = parse_body(FlowTestDraft, request.body)
        flow = self.flows(request.tenant).find(request.flow_id)
        if flow is None:
            raise FlowNotFoundError("there is no such flow")
        revision = revision or request.revision or flow.revision
        plan = self._plan(request.tenant, flow, revision)
        check_labels(draft.labels)
        check_mocks(draft.mocks, [planned.task.name for planned in plan.tasks])
        return Prepared(
            flow=flow,
            revision=revision,
            plan=plan,
            read_plan=lambda: plan,
            inputs=check_inputs(plan.inputs, draft.inputs),
            namespace=self.namespaces.settings(request.tenant, flow.namespace),
            read_variables=self.namespaces.variables,
            labels=draft.labels,
            needs_slot=False,
            origin=Origin(test=True, mocks=draft.mocks),
        )

    def _plan(self, tenant: str, flow: FlowRecord, revision: int) -> Plan:
        try:
            return self.plans.get(tenant, flow.id, revision)
        except LookupError:
            if self.flows(tenant).find_text(flow.id, revision) is None:
                raise RevisionNotFoundError(f"the flow has no revision {revision}") from None
        raise NotSupportedYetError(f"revision {revision} uses what cannot run yet")


@cache
def flow_test_service() -> FlowTestService:
    return FlowTestService(
        flows=flow_repository,
        plans=plan_repository(),
        namespaces=namespace_reader(),
        claims=start_claims(),
        launcher=launcher(),
    )
