"""The record of an execution as it begins, whatever starts it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.errors import ExecutionNotRetryableError, InvalidInputsError
from shared.executions.lifecycle.new_execution import (
    FlowReference,
    Identity,
    Origin,
    Prepared,
    Requester,
    TakenOver,
    new_execution,
)
from shared.executions.models import (
    FIRST_CHECK_AFTER,
    Execution,
    Parent,
    SealedInputs,
    Slot,
    Status,
    Trigger,
)
from shared.masking import MASK
from tests.support.flows import a_flow
from tests.support.plans import plan_of, task

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = [{"name": "password", "type": "SECRET"}]
LIMITED: dict[str, Any] = {"concurrency": {"limit": 2, "key": "inputs.user"}}


def new(plan: Any = None, asked_by: Requester | None = None, **fields: Any) -> Execution:
    plan = plan or plan_of(task("a"), task("b"))
    made: dict[str, Any] = {"flow": a_flow(), "inputs": {}, **fields}
    return new_execution(
        Prepared(revision=2, plan=plan, read_plan=lambda: plan, **made),
        asked_by or Requester(tenant="default", created_by="ana"),
        Identity("e", 2, NOW),
    )


def test_it_begins_queued_with_the_identity_of_its_claim_and_the_facts_of_its_flow() -> None:
    flow = a_flow(labels={"team": "red", "tier": "1"}, retention_seconds=60)

    made = new(flow=flow, inputs={"who": "Ana"}, labels={"tier": "2"})

    assert made == Execution(
        tenant="default",
        id="e",
        flow_id=flow.id,
        flow_name=flow.name,
        namespace=flow.namespace,
        flow_revision=2,
        status=Status.QUEUED,
        tasks_total=2,
        inputs={"who": "Ana"},
        labels={"team": "red", "tier": "2"},
        retention_seconds=60,
        created_at=NOW,
        check_at=NOW + FIRST_CHECK_AFTER,
        created_by="ana",
    )


def test_the_record_of_a_flow_tells_of_its_current_revision_without_a_plan() -> None:
    flow = a_flow(tasks_total=7)

    assert new(flow, flow=flow).tasks_total == 7


def test_it_says_where_it_comes_from() -> None:
    origin = Origin(
        trigger=Trigger(type="retry", id="x"),
        retry_of="x",
        parent=Parent(execution_id="p", task_name="t"),
        depth=3,
        test=True,
        mocks={"a": {"value": 1}},
    )

    made = new(origin=origin, flow=FlowReference(id="f", name="n", namespace="s"))

    assert (made.flow_id, made.flow_name, made.namespace) == ("f", "n", "s")
    assert (made.trigger, made.trigger_type, made.retry_of) == (origin.trigger, "retry", "x")
    assert (made.parent, made.depth) == (origin.parent, 3)
    assert (made.test, made.mocks) == (True, {"a": {"value": 1}})


@pytest.mark.parametrize(
    ("asked", "inherited", "shown"), [("c", "o", "c"), (None, "o", "o"), (None, None, None)]
)
def test_it_is_correlated_by_who_asks_or_else_by_where_it_comes_from(
    asked: str | None, inherited: str | None, shown: str | None
) -> None:
    by = Requester(tenant="t", created_by="ana", correlation_id=asked, request_id="r")

    made = new(asked_by=by, origin=Origin(correlation_id=inherited))

    assert (made.tenant, made.correlation_id, made.request_id) == ("t", shown, "r")


def test_neither_inputs_nor_labels_show_a_secret() -> None:
    plan = plan_of(task("a"), inputs=SECRET)
    inputs = {"password": "swordfish", "url": "u/swordfish", "old": "herring"}

    made = new(plan, inputs=inputs, labels={"by": "swordfish", "of": "tuna"}, secret_before=["old"])

    assert made.inputs == {"password": MASK, "url": MASK, "old": MASK}
    assert made.labels == {"by": MASK, "of": "tuna"}
    assert made.secrets == {"password": "swordfish", "old": "herring"}
    assert made.hidden_inputs == {"url": "u/swordfish"}


def test_secrets_handed_down_are_masked_in_the_labels_of_a_child_too() -> None:
    flow = a_flow(labels={"by": "swordfish"})

    made = new(flow=flow, inputs={"x": "swordfish"}, inherited_secrets=("swordfish", "unused"))

    assert made.inherited_secrets == ("swordfish",)
    assert (made.inputs, made.labels) == ({"x": MASK}, {"by": MASK})


TAKEN = TakenOver(
    sealed=(SealedInputs(owner_id="source", value=b"sealed"),), names=("user",), has_changed=True
)


def test_what_is_taken_over_stays_sealed_beside_new_secrets() -> None:
    plan = plan_of(task("a"), inputs=SECRET)

    made = new(plan, inputs={"password": "swordfish"}, taken_over=TAKEN)

    assert made.inputs == {"password": MASK, "user": MASK}
    assert made.secrets == {"password": "swordfish"}
    assert (made.sealed, made.has_unchecked_inputs) == (TAKEN.sealed, True)


@pytest.mark.parametrize(
    "key",
    [
        "inputs.user",
        "inputs",
        "[inputs]",
        "inputs | json",
        "inputs.user.nothing",
        "vars.who",
        "inputs.user == 'x' and 1 or 2",
        "(inputs.user | default('x')) ~ 'y'",
    ],
)
def test_a_key_that_reads_what_is_sealed_leads_to_the_line_of_the_source_or_nowhere(
    key: str,
) -> None:
    limited: dict[str, Any] = {"concurrency": {"limit": 2, "key": key}}
    plan = plan_of(task("a"), variables={"who": "{{ inputs.user }}"}, **limited)

    made = new(plan, taken_over=replace(TAKEN, line="t#slots#f#x"))

    assert made.slot == Slot(line="t#slots#f#x", limit=2)
    with pytest.raises(ExecutionNotRetryableError, match="concurrency reads a SECRET"):
        new(plan, taken_over=TAKEN)


def test_a_key_that_reads_other_inputs_is_worked_out() -> None:
    limited: dict[str, Any] = {"concurrency": {"limit": 2, "key": "inputs.other"}}
    plan = plan_of(task("a"), **limited)

    same: dict[str, Any] = {"flow": a_flow(), "inputs": {"other": 1}}

    made = new(plan, taken_over=replace(TAKEN, line="another"), **same)

    assert made.slot == new(plan, **same).slot


def test_it_needs_a_slot_of_its_flow_unless_its_kind_needs_none() -> None:
    plan = plan_of(task("a"), **LIMITED)

    made = new(plan, inputs={"user": "ana"})

    assert made.slot
    assert (made.slot.limit, made.slot.waiting) == (2, True)
    assert new(plan, inputs={"user": "bob"}).slot != made.slot
    assert new(plan, needs_slot=False).slot is None
    with pytest.raises(InvalidInputsError):
        new(plan)
