"""The one builder of executions: whatever starts one, its record begins here.

`Prepared` says what to start and where it comes from, a `Requester` who asks, and a claim (or an
`Identity`, where no key is involved) what a repeat must find again: id, revision and time.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from shared.errors import ExecutionNotRetryableError
from shared.executions.lifecycle.concurrency import (
    KnownInputs,
    SealedInputError,
    concurrency_slot,
    slot_in,
)
from shared.executions.models import (
    FIRST_CHECK_AFTER,
    Execution,
    Parent,
    SealedInputs,
    Trigger,
)
from shared.executions.secrets import guarded_inputs, with_masked_labels
from shared.executions.variables import namespace_variables, read_nothing
from shared.flows.models import FlowRecord
from shared.flows.plans.plan import Plan
from shared.idempotency.claims import Claim
from shared.masking import MASK
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
class TakenOver:
    """The sealed inputs of another execution: their names are known, their values are not.

    `has_changed` where the revision declares one of them otherwise: whoever opens them first checks
    it. `line` is that of the other's slots, None if the new one's may be another.
    """

    sealed: tuple[SealedInputs, ...] = ()
    names: Collection[str] = ()
    has_changed: bool = False
    line: str | None = None


NOTHING_TAKEN_OVER: Final = TakenOver()


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A checked start: all in which one kind of start differs from another.

    `plan` tells the revision's inputs, tasks and concurrency: a flow's record does so for its
    current revision, which spares most starts reading the plan. `inputs` are checked by it.
    `namespace` is what the flow's says now, for a retry what it said then; `read_variables` reads
    its variables. `labels` come on top of the flow's. `inherited_secrets` and `secret_before` are
    those of `guarded_inputs`. `taken_over` are inputs that nobody opens here: `inputs` are without
    them. `before_put` does what must be there before the execution is, and can be repeated.
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
    taken_over: TakenOver = NOTHING_TAKEN_OVER
    needs_slot: bool = True
    origin: Origin = field(default_factory=Origin)
    before_put: Callable[[Execution], None] = lambda _execution: None


def new_execution(prepared: Prepared, requester: Requester, claim: Claim | Identity) -> Execution:
    """Build an execution as it begins, before its retention is applied and it is put.

    Neither its inputs nor its labels show a secret. Raises InvalidInputsError when the key of its
    concurrency cannot be worked out, ExecutionNotRetryableError when it reads what is sealed.
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
    taken = prepared.taken_over
    return _with_slot(execution, prepared).model_copy(
        update={"sealed": taken.sealed, "has_unchecked_inputs": taken.has_changed}
    )


def _retention(prepared: Prepared) -> int | None:
    """Return the flow's retention, or else its namespace's."""
    own = prepared.flow.retention_seconds
    return prepared.namespace.retention_seconds if own is None else own


def _inputs(prepared: Prepared) -> dict[str, Any]:
    guarded = guarded_inputs(
        prepared.plan.inputs,
        prepared.inputs,
        prepared.inherited_secrets,
        secret_before=prepared.secret_before,
    )
    masked = dict.fromkeys(prepared.taken_over.names, MASK)
    return guarded | {"inputs": guarded["inputs"] | masked}


def _with_slot(execution: Execution, prepared: Prepared) -> Execution:
    if not prepared.needs_slot:
        return execution
    variables = namespace_variables(execution, prepared.read_variables)
    concurrency, taken = prepared.plan.concurrency, prepared.taken_over
    inputs = KnownInputs(execution.real_inputs, taken.names) if taken.names else None
    try:
        slot = concurrency_slot(execution, concurrency, prepared.read_plan, variables, inputs)
    except SealedInputError:
        if concurrency is None or taken.line is None:
            raise ExecutionNotRetryableError(
                "the key of its concurrency reads a SECRET input: start it anew"
            ) from None
        slot = slot_in(taken.line, concurrency)
    return execution.model_copy(update={"slot": slot})
