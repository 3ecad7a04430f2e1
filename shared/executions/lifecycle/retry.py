"""Retries of executions: a new one on the same inputs, which keeps what succeeded."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from botocore.exceptions import ClientError

from shared.errors import ExecutionNotFoundError, ExecutionNotRetryableError
from shared.executions.lifecycle.launch import Launcher, Started, launcher
from shared.executions.lifecycle.new_execution import FlowReference, Origin, Prepared
from shared.executions.lifecycle.requests import KeyedRequest, StartClaims, accept, start_claims
from shared.executions.lifecycle.retried_inputs import has_same_values, retried_inputs
from shared.executions.lifecycle.start import find_runnable
from shared.executions.models import RETRYABLE_STATUSES, Execution, Trigger
from shared.executions.scheduling.reuse import reusable_runs
from shared.executions.store.copies import CopyRepository, copy_repository
from shared.executions.store.inputs import inputs_gone, read_inputs, read_shown_inputs
from shared.executions.store.payloads import PayloadStore, payload_store
from shared.executions.store.repository import ExecutionRepository, execution_repository
from shared.executions.store.snapshots import ExecutionState
from shared.executions.task_runs import TaskRun
from shared.flows.plans.built_in import is_built_in
from shared.flows.plans.plan import Plan
from shared.flows.plans.repository import PlanRepository, plan_repository
from shared.flows.repository import FlowRepository, flow_repository
from shared.ids import is_id
from shared.namespaces.models import NamespaceSettings
from shared.namespaces.reader import NamespaceReader, namespace_reader
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
class RetryService:
    flows: Callable[[str], FlowRepository]
    plans: PlanRepository
    executions: ExecutionRepository
    copies: CopyRepository
    namespaces: NamespaceReader
    payloads: PayloadStore
    claims: StartClaims
    launcher: Launcher

    def retry(self, request: RetryRequest) -> Started:
        """Accept a retry; whoever comes second with a key completes the first's.

        What is kept is copied before the execution is put: one that is there is whole, and copies
        whose execution never came are in a partition that nobody reads.
        """
        return accept(
            request, partial(self._prepare, request), claims=self.claims, launcher=self.launcher
        )

    def _prepare(self, request: RetryRequest, revision: int | None) -> Prepared:
        parse_body(NoBody, request.body)
        source = self._source(request)
        execution = source.execution
        flow = find_runnable(self.flows(execution.tenant), execution.flow_id)
        own = execution.flow_revision
        revision = revision or (flow.revision if request.is_latest else own)
        before = self.plans.get(request.tenant, flow.id, own)
        plan = before if revision == own else self.plans.get(request.tenant, flow.id, revision)
        given = retried_inputs(execution, self._inputs(execution), plan, before)
        kept = [] if request.is_full else _kept(source, plan, before)
        return Prepared(
            flow=_as_it_was(execution),
            revision=revision,
            plan=plan,
            read_plan=lambda: plan,
            inputs=given.inputs,
            namespace=NamespaceSettings(variables=execution.namespace_variables),
            read_variables=self.namespaces.variables,
            inherited_secrets=execution.inherited_secrets,
            secret_before=execution.secrets,
            taken_over=given.taken_over,
            origin=_origin(execution),
            before_put=lambda new: self.copies.put(new, kept),
        )

    def _inputs(self, execution: Execution) -> dict[str, Any]:
        """Read the inputs: what is sealed of them is a mask, and stays sealed."""
        read = read_shown_inputs if execution.sealed else read_inputs
        try:
            return read(execution, self.payloads)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            raise inputs_gone() from error

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


def _kept(source: ExecutionState, plan: Plan, before: Plan) -> list[TaskRun]:
    """Choose the task runs that a retry on `plan` takes over from one on `before`."""
    return reusable_runs(plan, before, _final(source)) if has_same_values(plan, before) else []


def _final(source: ExecutionState) -> dict[str, TaskRun]:
    """Return the task runs recorded by the end: two tries of a retry must see the same ones."""
    end = source.execution.finished_at
    return {
        key: run
        for key, run in source.runs.items()
        if end is None or run.finished_at is None or run.finished_at <= end
    }


def _as_it_was(source: Execution) -> FlowReference:
    """Return the flow as its execution shows it: it may have been renamed since."""
    return FlowReference(
        id=source.flow_id,
        name=source.flow_name,
        namespace=source.namespace,
        labels=source.labels,
        retention_seconds=source.retention_seconds,
    )


def _origin(source: Execution) -> Origin:
    return Origin(
        trigger=Trigger(type="retry", id=source.id),
        correlation_id=source.correlation_id,
        retry_of=source.id,
        test=source.test,
        mocks=source.mocks,
    )


@cache
def retry_service(machine_arn: str | None = None) -> RetryService:
    return RetryService(
        flows=flow_repository,
        plans=plan_repository(),
        executions=execution_repository(),
        copies=copy_repository(),
        namespaces=namespace_reader(),
        payloads=payload_store(),
        claims=start_claims(),
        launcher=launcher(machine_arn),
    )
