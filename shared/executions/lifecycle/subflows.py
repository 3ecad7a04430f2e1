"""`flow.subflow`: an execution that starts another and, if it is to wait, takes over its result.

The child's id is a function of the task that starts it: a poll that is repeated finds the child
that an earlier one made.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

from shared.errors import (
    ExecutionFinishedError,
    ExecutionNotFoundError,
    InvalidInputsError,
    UnavailableError,
)
from shared.executions.inputs import check_inputs
from shared.executions.lifecycle.cancel import CANCELLED, Canceller
from shared.executions.lifecycle.launch import Launcher, launcher
from shared.executions.lifecycle.new_execution import (
    Identity,
    Origin,
    Prepared,
    Requester,
    new_execution,
)
from shared.executions.models import Execution, Parent, Slot, Status, Trigger
from shared.executions.secrets import secret_values
from shared.executions.store.payloads import PayloadStore, payload_store
from shared.executions.store.repository import ExecutionRepository, execution_repository
from shared.executions.task_runs import Failure, TaskRun, TaskStatus
from shared.executions.tasks.durable import DurableState, NotNowError, Poll
from shared.flows.models import MAX_FULL_NAME_LENGTH, FlowRecord, FlowStatus
from shared.flows.plans.repository import PlanRepository, plan_repository
from shared.flows.repository import FlowRepository, flow_repository
from shared.ids import id_of
from shared.json_text import compact
from shared.messages import Message
from shared.namespaces.reader import NamespaceReader, namespace_reader
from shared.plugins.sdk.plugin import PluginError

MAX_DEPTH = 10
"""The number of executions above one another; recursion without end stops here."""

LOOK_EVERY = timedelta(minutes=15)
"""A child's end is told at once; this is for the telling that was lost."""

MAX_INHERITED_BYTES = 16_000
"""The secrets in a child's inputs, sealed with them to be masked: masking looks for each."""


@dataclass(frozen=True)
class Subflows:
    """The durable task of subflows: it starts children and follows them."""

    flows: Callable[[str], FlowRepository]
    executions: ExecutionRepository
    plans: PlanRepository
    namespaces: NamespaceReader
    launcher: Launcher
    payloads: PayloadStore

    def step(self, poll: Poll) -> DurableState:
        child_id = _child_id(poll)
        child = self.executions.find(poll.execution.tenant, child_id)
        if child is None and poll.run:
            # It has been there: a second one would do its work twice.
            raise PluginError("the child's retention is over", code="subflow_gone")
        if child is None:
            child = self._make(poll, child_id)
        self.launcher.run(child)
        if not poll.properties.get("wait", True):
            return DurableState(TaskStatus.SUCCESS, outputs=self._outputs(child))
        if child.status.is_terminal:
            return self._end(poll, child)
        return DurableState(
            TaskStatus.RUNNING, outputs={"executionId": child.id}, due_at=_next_look(poll)
        )

    def cancel(self, poll: Poll) -> None:
        """Cancel the child; one that is not there yet is put as it would have ended.

        A turn that was overtaken may be about to start it: it finds its place taken.
        """
        canceller = Canceller(
            executions=self.executions,
            engine=self.launcher.engine,
            slots=self.launcher.slots,
            payloads=self.payloads,
            wake=lambda _tenant, _parent: None,
            now=lambda: poll.now,
        )
        tenant, child_id = poll.execution.tenant, _child_id(poll)
        with suppress(ExecutionFinishedError):
            try:
                canceller.cancel(tenant, child_id)
            except ExecutionNotFoundError:
                if not self._forestall(poll, child_id):
                    canceller.cancel(tenant, child_id)

    def keep_until(self, execution: Execution, run: TaskRun, at: datetime) -> None:
        """Do nothing: a child has a retention of its own."""

    def _forestall(self, poll: Poll, child_id: str) -> bool:
        """Put a child that has ended; False when somebody has put it in between."""
        try:
            child = self.launcher.stored(self._child(poll, child_id))
        except PluginError:
            return True  # it cannot be started either
        except UnavailableError:
            # Nor now: a turn that was overtaken finds so before it tries once more.
            return True
        ended = {"status": Status.CANCELLED, "finished_at": poll.now, "error": CANCELLED}
        nothing_due = {"slot": None, "check_at": None}
        put = self.launcher.add_ended(child.model_copy(update={**ended, **nothing_due}))
        return put is not None

    def _make(self, poll: Poll, child_id: str) -> Execution:
        try:
            return self.launcher.put(self._child(poll, child_id))
        except UnavailableError:
            raise NotNowError("the child cannot be put") from None

    def _child(self, poll: Poll, child_id: str) -> Execution:
        parent = poll.execution
        if parent.depth + 1 > MAX_DEPTH:
            raise PluginError(
                f"more than {MAX_DEPTH} flows inside each other", code="subflow_depth"
            )
        flow = self._flow(parent.tenant, poll.properties)
        try:
            prepared = self._prepared(poll, flow)
            child = new_execution(
                prepared, _requester(parent), Identity(child_id, flow.revision, poll.now)
            )
        except InvalidInputsError as error:
            raise PluginError(
                Message("{flow}: {why:8000}", flow=flow.name, why=error.detail),
                code="invalid_inputs",
            ) from None
        _check(poll, child)
        return child

    def _prepared(self, poll: Poll, flow: FlowRecord) -> Prepared:
        parent = poll.execution
        return Prepared(
            flow=flow,
            revision=flow.revision,
            plan=flow,
            read_plan=partial(self.plans.get, parent.tenant, flow.id, flow.revision),
            inputs=check_inputs(
                flow.inputs, poll.properties.get("inputs") or {}, secret_values(parent)
            ),
            namespace=self.namespaces.settings(parent.tenant, flow.namespace),
            read_variables=self.namespaces.variables,
            inherited_secrets=secret_values(parent),
            origin=Origin(
                trigger=Trigger(type="subflow", id=parent.id),
                parent=Parent(execution_id=parent.id, task_name=poll.task_name),
                depth=parent.depth + 1,
            ),
        )

    def _flow(self, tenant: str, properties: Mapping[str, Any]) -> FlowRecord:
        flows = self.flows(tenant)
        if properties.get("flowId"):
            flow, named = flows.find(str(properties["flowId"])), str(properties["flowId"])
        else:
            namespace, name = properties.get("namespace", "default"), properties.get("name")
            flow, named = flows.find_named(f"{namespace}/{name}"), f"{namespace}/{name}"
        if flow is None:
            raise PluginError(
                Message("there is no flow {flow}", flow=_told(named)), code="flow_not_found"
            )
        if flow.disabled or flow.status is not FlowStatus.ACTIVE:
            raise PluginError(
                Message("flow '{flow}' does not take executions", flow=named),
                code="flow_not_runnable",
            )
        return flow

    def _outputs(self, child: Execution) -> dict[str, Any]:
        outputs = child.outputs or {}
        if child.stored_outputs:
            outputs = json.loads(self.payloads.get(child.stored_outputs))
        return {"executionId": child.id, "status": child.status.value, "outputs": outputs}

    def _end(self, poll: Poll, child: Execution) -> DurableState:
        has_failed = child.status is not Status.SUCCESS
        if not has_failed or not poll.properties.get("transmitFailed", True):
            return DurableState(TaskStatus.SUCCESS, outputs=self._outputs(child))
        why = f": {child.error.message}" if child.error else ""
        is_cancelled = child.status is Status.CANCELLED
        failure = Failure(
            code="subflow_cancelled" if is_cancelled else "subflow_failed",
            message=f"{child.flow_name} ended {child.status.value}{why}",
        )
        return DurableState(TaskStatus.FAILED, outputs=self._outputs(child), error=failure)


def _told(named: str) -> Message:
    """Say what was asked for, or how long it is if no flow can have such a name."""
    if len(named) <= MAX_FULL_NAME_LENGTH:
        return Message("'{flow:1000}'", flow=named)
    return Message("of this name: {length} characters are too many", length=len(named))


def _requester(parent: Execution) -> Requester:
    return Requester(
        tenant=parent.tenant,
        created_by=parent.created_by,
        correlation_id=parent.correlation_id,
        request_id=parent.request_id,
    )


def _check(poll: Poll, child: Execution) -> None:
    """Refuse a child that its row cannot hold, or that could never begin."""
    if len(compact(child.inherited_secrets).encode()) > MAX_INHERITED_BYTES:
        raise PluginError("the secrets passed on are too large", code="invalid_inputs")
    if _is_deadlock(poll.execution.slot, child.slot) and poll.properties.get("wait", True):
        raise PluginError(
            Message(
                "{flow} has one slot, which this execution keeps while it waits",
                flow=child.flow_name,
            ),
            code="concurrency_limit",
        )


def _is_deadlock(held: Slot | None, wanted: Slot | None) -> bool:
    """Tell whether a child would queue for the only slot, held by the parent that waits for it."""
    if held is None or wanted is None or wanted.behavior != "QUEUE":
        return False
    return held.line == wanted.line and wanted.limit == 1


def _child_id(poll: Poll) -> str:
    attempt = poll.execution.attempt
    digest = hashlib.sha256(f"{poll.execution.id}/{attempt}/{poll.key}".encode()).digest()
    return id_of(poll.started_at, digest)


def _next_look(poll: Poll) -> datetime:
    """Return the same moment for every poll in one quarter of an hour."""
    looks = (poll.now - poll.started_at) // LOOK_EVERY + 1
    return poll.started_at + looks * LOOK_EVERY


@cache
def subflows(machine_arn: str | None = None) -> Subflows:
    return Subflows(
        flows=flow_repository,
        executions=execution_repository(),
        plans=plan_repository(),
        namespaces=namespace_reader(),
        launcher=launcher(machine_arn),
        payloads=payload_store(),
    )
