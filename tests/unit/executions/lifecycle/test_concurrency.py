"""Concurrency groups and slots: who enters, who is admitted, who is refused."""

import hashlib
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.errors import ExpressionTooSlowError, InvalidInputsError
from shared.executions.lifecycle.concurrency import concurrency_slot
from shared.executions.lifecycle.reconciler import Action
from shared.executions.models import Execution, Parent, Slot, Status
from shared.executions.orchestration.state_machine import run_name
from shared.executions.store.snapshots import DueExecution
from shared.flows.language.definition import Concurrency
from tests.support.executions.repository import NOW, execution_of
from tests.support.executions.segments import park
from tests.support.hanging import hanging
from tests.support.plans import plan_of, task
from tests.support.slots import Queueing

PLAN = plan_of(task("a"))


LINE = "default#slots#f"


def execution(number: int, **slot: Any) -> Execution:
    identity = f"01890000-0000-7000-8000-{number:012d}"
    return execution_of(PLAN, id=identity, slot=Slot(line=LINE, limit=2, **slot))


class Ground(Queueing):
    """A launcher over memory."""

    def status(self, of: Execution) -> Status:
        return self.store.executions[of.tenant, of.id].status


def test_as_many_start_as_there_are_slots_and_the_oldest_goes_next():
    ground, waiting = Ground(), [execution(number) for number in range(4)]
    for each in waiting:
        assert ground.launcher.launch(each, replayed=False).execution.status is Status.QUEUED

    assert ground.engine.started == [run_name(each) for each in waiting[:2]]
    ground.slots.free(ground.store.executions["default", waiting[0].id])
    ground.promoter.promote(LINE)
    assert ground.engine.started == [run_name(each) for each in waiting[:3]]
    assert ground.slots.taken == {LINE: 2}


def test_a_start_that_is_repeated_promotes_and_enters_nothing_twice():
    ground = Ground()
    for _ in range(2):
        ground.launcher.launch(execution(1), replayed=False)
    again = ground.launcher.again("default", execution(1).id)

    assert again
    assert ground.slots.taken == {LINE: 1}
    assert set(ground.engine.started) == {run_name(execution(1))}


@pytest.mark.parametrize(
    ("behavior", "status"), [("CANCEL", Status.CANCELLED), ("FAIL", Status.FAILED)]
)
def test_who_may_not_wait_is_made_ended(behavior: str, status: Status):
    ground = Ground()
    made = [
        ground.launcher.launch(execution(number, behavior=behavior), replayed=False).execution
        for number in range(3)
    ]

    assert [each.status for each in made] == [Status.QUEUED, Status.QUEUED, status]
    assert made[2].error
    assert made[2].error.code == "concurrency_limit"
    assert made[2].finished_at == NOW
    again = ground.launcher.launch(execution(2, behavior=behavior), replayed=True).execution
    assert again.status is status
    assert len(ground.engine.started) == 2
    once_more = ground.launcher.launch(execution(0, behavior=behavior), replayed=True)
    assert once_more.execution.status is Status.QUEUED
    assert ground.slots.taken == {LINE: 2}


def test_an_engine_that_fails_leaves_the_admitted_to_the_reconciler():
    ground = Ground()
    ground.engine.error = ClientError({"Error": {"Code": "ThrottlingException"}}, "x")

    started = ground.launcher.launch(execution(1), replayed=False)

    assert started.execution.status is Status.QUEUED
    assert ground.slots.taken == {LINE: 1}


def test_a_line_belongs_to_a_flow_or_to_a_value_of_its_key():
    plan = plan_of(task("a"), variables={"who": "{{ inputs.user }}"})
    of_ana, of_bob = (execution_of(plan, inputs={"user": user}) for user in ("ana", "bob"))

    def line(of: Execution, key: str | None) -> str:
        slot = concurrency_slot(of, Concurrency(limit=1, key=key), lambda: plan)
        assert slot
        return slot.line

    assert concurrency_slot(of_ana, None, lambda: plan) is None
    assert line(of_ana, None) == line(of_bob, None)
    assert line(of_ana, "inputs.user") != line(of_bob, "inputs.user")
    assert line(of_ana, "{{ vars.who }}") == line(of_ana, "inputs.user")
    assert "ana" not in line(of_ana, "inputs.user")
    with pytest.raises(InvalidInputsError, match=r"concurrency\.key"):
        line(of_ana, "inputs.nobody")
    hidden = execution_of(plan, secrets={"password": "swordfish"})
    with pytest.raises(InvalidInputsError, match=r"'inputs.\*{6}' is undefined"):
        line(hidden, "inputs[inputs.password]")


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        (1, 1.0, True),
        ([{"x": 1.0}], [{"x": 1}], True),
        (1, True, False),
        (1, "1", False),
        ([1], [True], False),
        ([1, 2], [2, 1], False),
    ],
)
def test_equal_keys_are_one_line(one: Any, other: Any, *, is_same: bool):
    plan = plan_of(task("a"))
    limit = Concurrency(limit=1, key="inputs.k")
    slots = [
        concurrency_slot(execution_of(plan, inputs={"k": key}), limit, lambda: plan)
        for key in (one, other)
    ]

    assert (slots[0] == slots[1]) is is_same


@pytest.mark.parametrize("key", ["ana", "é", 5, 0.5, True, None, ["x", 1], {"a": "é", "b": [1]}])
def test_a_key_has_the_line_that_earlier_releases_gave_it(key: Any):
    plan = plan_of(task("a"))
    limit = Concurrency(limit=1, key="inputs.k")
    slot = concurrency_slot(execution_of(plan, inputs={"k": key}), limit, lambda: plan)

    written = json.dumps(key, ensure_ascii=False, separators=(",", ":"))
    assert slot
    assert slot.line.endswith("#" + hashlib.sha256(written.encode()).hexdigest()[:32])


def test_a_look_at_what_has_ended_tells_its_parent_and_hands_its_slot_on():
    ground, child = Ground(), execution(1, waiting=False)
    parent = Parent(execution_id=execution(9).id, task_name="call")
    ended = child.model_copy(update={"status": Status.SUCCESS, "parent": parent})
    ground.store.add(ended)
    park(ground.store, parent.execution_id, "token")
    ground.slots.enter(execution(2))

    assert ground.look(DueExecution("default", child.id)) is Action.PROMOTED

    assert ground.states.sent == ["token"]
    assert ground.engine.started == [run_name(execution(2))]
    assert ground.look(DueExecution("default", child.id)) is Action.NOTHING
    assert ground.look(DueExecution("default", execution(7).id)) is Action.NOTHING


def test_a_key_that_never_ends_is_told_as_a_template_error():
    with hanging() as values, values.watchdog() as watchdog:
        plan = PLAN.model_copy(update={"variables": values})

        with pytest.raises(ExpressionTooSlowError, match="takes too long") as caught:
            concurrency_slot(
                execution_of(plan), Concurrency(limit=1, key="vars.slow"), lambda: plan
            )

        assert caught.value.code == "template_error"
        assert watchdog.has_strays()
