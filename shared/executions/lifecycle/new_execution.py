"""The one builder of executions: whatever starts one, its record begins here.

`Prepared` says what to start and where it comes from, a `Requester` who asks, and a claim (or an
`Identity`, where no key is involved) what a repeat must find again: id, revision and time.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.executions.lifecycle.concurrency import concurrency_slot
from shared.executions.models import FIRST_CHECK_AFTER, Execution, Parent, Trigger
from shared.executions.secrets import guarded_inputs, with_masked_labels
from shared.executions.variables import namespace_variables, read_nothing
from shared.flows.models import FlowRecord
from shared.flows.plans.plan import Plan
from shared.idempotency.claims import Claim
from shared.namespaces.models import NO_SETTINGS, NamespaceSettings, ReadVariables


@dataclass(frozen=True, kw_only=True)
class Requester:
    """The one who asks for an execution."""

    tenant: str
    created_by: str
    correlation_id: str | None = None
    request_id: str | None = None


@dataclass(frozen=True)
class Identity:
    """The parts of an execution that never change, however often its start is repeated."""

    execution_id: str
    revision: int
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class FlowReference:
    """The parts of a flow that its executions carry, where they are not those of its record."""

    id: str
    name: str
    namespace: str
    labels: Mapping[str, str] = field(default_factory=dict)
    retention_seconds: int | None = None


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The origin of an execution; by default somebody asked for it.

    `correlation_id` is for when the requester has none.
    """

    trigger: Trigger = field(default_factory=Trigger)
    correlation_id: str | None = None
    retry_of: str | None = None
    parent: Parent | None = None
    depth: int = 0
    test: bool = False
    mocks: Mapping[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A checked start: all in which one kind of start differs from another.

    `plan` tells the revision's inputs, tasks and concurrency: a flow's record does so for its
    current revision, which spares most starts reading the plan. `inputs` are checked by it.
    `namespace` is what the flow's says now, for a retry what it said then; `read_variables` reads
    its variables. `labels` come on top of the flow's. `inherited_secrets` and `secret_before` are
    those of `guarded_inputs`. `before_put` does what must be there before the execution is, and can
    be repeated.
    """

    flow: FlowRecord | FlowReference
    revision: int
    plan: Plan | FlowRecord
    read_plan: Callable[[], Plan]
    inputs: Mapping[str, Any]
    namespace: NamespaceSettings = NO_SETTINGS
    read_variables: ReadVariables = read_nothing
    labels: Mapping[str, str] = field(default_factory=dict)
    inherited_secrets: tuple[str, ...] = ()
    secret_before: Collection[str] = ()
    needs_slot: bool = True
    origin: Origin = field(default_factory=Origin)
    before_put: Callable[[Execution], None] = lambda _execution: None


def new_execution(prepared: Prepared, requester: Requester, claim: Claim | Identity) -> Execution:
    """Build an execution as it begins, before its retention is applied and it is put.

    Neither its inputs nor its labels show a secret. Raises InvalidInputsError when the key of its
    concurrency cannot be worked out.
    """
    flow, plan, origin = prepared.flow, prepared.plan, prepared.origin
    execution = with_masked_labels(
        Execution(
            tenant=requester.tenant,
            id=claim.execution_id,
            flow_id=flow.id,
            flow_name=flow.name,
            namespace=flow.namespace,
            flow_revision=claim.revision,
            tasks_total=plan.tasks_total,
            **_inputs(prepared),
            labels={**flow.labels, **prepared.labels},
            trigger_type=origin.trigger.type,
            trigger=origin.trigger,
            correlation_id=requester.correlation_id or origin.correlation_id,
            request_id=requester.request_id,
            retry_of=origin.retry_of,
            parent=origin.parent,
            depth=origin.depth,
            test=origin.test,
            mocks=dict(origin.mocks),
            retention_seconds=_retention(prepared),
            namespace_variables=prepared.namespace.variables,
            created_at=claim.created_at,
            check_at=claim.created_at + FIRST_CHECK_AFTER,
            created_by=requester.created_by,
        )
    )
    return _with_slot(execution, prepared)


def _retention(prepared: Prepared) -> int | None:
    """Return the flow's retention, or else its namespace's."""
    own = prepared.flow.retention_seconds
    return prepared.namespace.retention_seconds if own is None else own


def _inputs(prepared: Prepared) -> dict[str, Any]:
    return guarded_inputs(
        prepared.plan.inputs,
        prepared.inputs,
        prepared.inherited_secrets,
        secret_before=prepared.secret_before,
    )


def _with_slot(execution: Execution, prepared: Prepared) -> Execution:
    if not prepared.needs_slot:
        return execution
    variables = namespace_variables(execution, prepared.read_variables)
    concurrency = prepared.plan.concurrency
    slot = concurrency_slot(execution, concurrency, prepared.read_plan, variables)
    return execution.model_copy(update={"slot": slot})
