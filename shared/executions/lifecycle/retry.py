"""Retrying an execution: a new one on the same inputs, which keeps what succeeded."""

from dataclasses import dataclass
from typing import Any

from shared.errors import ExecutionNotFoundError, ExecutionNotRetryableError
from shared.executions.inputs import check_inputs
from shared.executions.lifecycle.concurrency import concurrency_slot
from shared.executions.lifecycle.launch import Launcher, Started
from shared.executions.lifecycle.requests import KeyedRequest, StartClaims
from shared.executions.lifecycle.start import find_runnable
from shared.executions.models import FIRST_CHECK_AFTER, RETRYABLE_STATUSES, Execution, Trigger
from shared.executions.scheduling.reuse import reusable_runs
from shared.executions.secrets import guarded_inputs
from shared.executions.store.copies import CopyRepository
from shared.executions.store.repository import ExecutionRepository
from shared.executions.store.snapshots import ExecutionState
from shared.executions.task_runs import TaskRun
from shared.flows.plans.built_in import is_built_in
from shared.flows.plans.plan import Plan
from shared.flows.plans.repository import PlanRepository
from shared.flows.repository import FlowRepository
from shared.idempotency.claims import Claim
from shared.ids import is_id
from shared.validation import NoBody, parse_body


@dataclass(frozen=True, kw_only=True)
class RetryRequest(KeyedRequest):
    """A request to retry, on the flow's latest revision or its own; `is_full` keeps nothing."""

    execution_id: str
    is_latest: bool = False
    is_full: bool = False

    @property
    def payload(self) -> Any:
        return [self.body, self.is_latest, self.is_full]


@dataclass(frozen=True)
class _Prepared:
    plan: Plan
    inputs: dict[str, Any]
    kept: list[TaskRun]


@dataclass(frozen=True)
class RetryService:
    flows: FlowRepository
    plans: PlanRepository
    executions: ExecutionRepository
    copies: CopyRepository
    claims: StartClaims
    launcher: Launcher

    def retry(self, request: RetryRequest) -> Started:
        """Accept a retry; whoever comes second with a key completes the first's.

        What is kept is copied before the execution is put: one that is there is whole, and copies
        whose execution never came are in a partition that nobody reads.
        """
        earlier = self.claims.find(request)
        started = earlier and self.launcher.again(request.tenant, earlier.execution_id)
        if started:
            return started
        parse_body(NoBody, request.body)
        source = self._source(request)
        flow = find_runnable(self.flows, source.execution.flow_id)
        revision = flow.revision if request.is_latest else source.execution.flow_revision
        prepared = self._prepared(request, source, revision)
        mine = self.claims.draft(request, flow_id=flow.id, revision=revision)
        # Refuses what has no key to wait by, before anything is remembered.
        execution = _execution(request, source.execution, mine, prepared)
        first = self.claims.acquire(request, mine, earlier)
        if first is not mine:
            if first.revision != revision:
                # The flow was saved anew between the claim and this try: the claim's counts.
                prepared = self._prepared(request, source, first.revision)
            execution = _execution(request, source.execution, first, prepared)
        self.copies.put(execution, prepared.kept)
        is_mine = first.execution_id == mine.execution_id
        return self.launcher.launch(execution, replayed=not is_mine)

    def _source(self, request: RetryRequest) -> ExecutionState:
        execution_id = request.execution_id
        state = self.executions.load(request.tenant, execution_id) if is_id(execution_id) else None
        if state is None:
            raise ExecutionNotFoundError(f"there is no execution {execution_id[:64]!r}")
        if is_built_in(state.execution.flow_id):
            raise ExecutionNotRetryableError("a bulk operation is sent again, not retried")
        status = state.execution.status
        if status not in RETRYABLE_STATUSES:
            raise ExecutionNotRetryableError(
                f"the execution is {status.value}; what is FAILED, TIMED_OUT or CANCELLED "
                "can be retried"
            )
        return state

    def _prepared(self, request: RetryRequest, source: ExecutionState, revision: int) -> _Prepared:
        execution = source.execution
        before = self.plans.get(request.tenant, execution.flow_id, execution.flow_revision)
        if revision == execution.flow_revision:
            kept = [] if request.is_full else reusable_runs(before, before, _final(source))
            return _Prepared(before, execution.real_inputs, kept)
        plan = self.plans.get(request.tenant, execution.flow_id, revision)
        inputs = check_inputs(plan.inputs, execution.real_inputs)
        # Any template may read inputs and variables: if those differ, no result can be trusted.
        is_same = plan.inputs == before.inputs and plan.variables == before.variables
        keeps = is_same and not request.is_full
        kept = reusable_runs(plan, before, _final(source)) if keeps else []
        return _Prepared(plan, inputs, kept)


def _final(source: ExecutionState) -> dict[str, TaskRun]:
    """What was recorded by the end: a straggler's record must not turn up in one of two tries."""
    end = source.execution.finished_at
    return {
        key: run
        for key, run in source.runs.items()
        if end is None or run.finished_at is None or run.finished_at <= end
    }


def _execution(
    request: RetryRequest, source: Execution, claim: Claim, prepared: _Prepared
) -> Execution:
    guarded = guarded_inputs(
        prepared.plan.inputs,
        prepared.inputs,
        source.inherited_secrets,
        secret_before=source.secrets,
    )
    execution = Execution(
        tenant=request.tenant,
        id=claim.execution_id,
        flow_id=source.flow_id,
        flow_name=source.flow_name,
        namespace=source.namespace,
        flow_revision=claim.revision,
        tasks_total=prepared.plan.tasks_total,
        **guarded,
        labels=source.labels,
        trigger=Trigger(type="retry", id=source.id),
        trigger_type="retry",
        correlation_id=request.correlation_id or source.correlation_id,
        request_id=request.request_id,
        retry_of=source.id,
        test=source.test,
        mocks=source.mocks,
        retention_seconds=source.retention_seconds,
        created_at=claim.created_at,
        check_at=claim.created_at + FIRST_CHECK_AFTER,
        created_by=request.created_by,
    )
    slot = concurrency_slot(execution, prepared.plan.concurrency, lambda: prepared.plan)
    return execution.model_copy(update={"slot": slot})
