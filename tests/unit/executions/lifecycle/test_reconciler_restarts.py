"""Runs that die while their execution waits: it goes on from what it waits for, each time."""

from typing import Any

import pytest

from shared.executions.lifecycle.reconciler import Action
from shared.executions.models import Parent, Status, TerminationReason
from shared.executions.orchestration.state_machine import RunStatus
from shared.executions.store.snapshots import End
from shared.executions.termination_failure import MAX_STALLS
from shared.people.approvals.models import ApprovalStatus
from tests.support.executions.segments import park
from tests.support.plans import task
from tests.support.restarts import Restarted

MANY = 2 * MAX_STALLS


def gate(**properties: Any) -> Any:
    return task("g", type="flow.gate", properties={"message": "yes", **properties})


def test_restarts_leave_an_open_gate_as_it_is_however_many_there_are():
    world = Restarted(gate(remind=["3m"]), task("after", properties={"values": {}}))
    world.next_turn()
    asked = world.approvals.only()

    for _ in range(MANY):
        world.restart()
        assert world.next_turn() == "park"
        world.register("token")

    assert world.now.status is Status.PAUSED
    assert (world.approvals.only().id, world.approvals.only().reminders) == (asked.id, 1)
    assert world.to_the_end(iter([900.0] * 5)).status is Status.SUCCESS
    assert world.approvals.only().status is ApprovalStatus.APPROVED


@pytest.mark.parametrize(
    "waiting",
    [
        task("w", type="flow.wait", properties={"duration": "30d"}),
        task(
            "w",
            type="util.validate",
            properties={"data": "{{ task.attempt }}", "schema": {"minimum": 2}},
            retry={"max_attempts": 2, "delay": "P30D"},
        ),
    ],
)
def test_restarts_do_not_end_what_waits_for_its_time(waiting: Any):
    world = Restarted(waiting)
    world.next_turn()

    for _ in range(MANY):
        world.restart()
        assert world.next_turn() == "wait"

    assert world.to_the_end(iter([900.0] * 5)).status is Status.SUCCESS


def test_restarts_do_not_end_a_flow_that_waits_for_its_next_attempt():
    broken = task("w", properties={"values": {}}, type="util.validate")
    world = Restarted(
        broken, retry={"max_attempts": 2, "delay": "P30D", "on": ["invalid_properties"]}
    )
    assert world.next_turn() == "wait"

    for _ in range(MANY):
        world.restart()
        assert world.next_turn() == "wait"


def test_a_run_whose_token_was_lost_is_replaced_although_something_is_due():
    world = Restarted(gate(timeout="1h"))
    assert world.next_turn() == "park"

    assert world.look(hours=1) is Action.WOKEN
    assert world.look(minutes=1) is Action.STOPPED
    assert world.look(minutes=1) is Action.RESUMED

    assert world.next_turn() == "done"
    assert world.now.status is Status.FAILED
    assert world.approvals.only().status is ApprovalStatus.EXPIRED


def test_a_run_that_does_not_hear_its_token_is_replaced():
    world = Restarted(gate(timeout="1h"))
    world.next_turn()
    world.register("spent")
    world.states.spent = {"spent"}

    assert [world.look(hours=1), world.look(minutes=1)] == [Action.WOKEN, Action.STOPPED]


def test_a_parked_execution_whose_runs_get_nowhere_is_given_up():
    world = Restarted(gate())
    world.next_turn()
    world.restart()

    actions = []
    while not world.now.status.is_terminal:
        world.runs_of_machine.found = RunStatus.DIED
        actions.append(world.look(minutes=3))

    resumed = [Action.RESUMED] * (MAX_STALLS - 1)
    assert actions == [*resumed, Action.BROKEN_OFF, *resumed, Action.FAILED]
    assert world.now.error
    assert world.now.error.code == "engine_error"


def test_a_parent_hears_that_its_child_was_given_up():
    world = Restarted(gate())
    parent = Parent(execution_id="01890000-0000-7000-8000-00000000000a", task_name="sub")
    child = world.execution.model_copy(update={"parent": parent})
    world.store.executions["default", child.id] = child
    park(world.store, parent.execution_id, "token")
    world.next_turn()

    while not world.now.status.is_terminal:
        world.runs_of_machine.found = RunStatus.DIED
        world.look(minutes=3)

    assert world.store.wakes["default", parent.execution_id, "main"] == 1


@pytest.mark.parametrize("stalls", [0, MAX_STALLS, 2 * MAX_STALLS])
def test_who_looks_while_somebody_cancels_leaves_the_field(stalls: int):
    world = Restarted(gate())
    world.next_turn()
    for _ in range(stalls):
        world.runs_of_machine.found = RunStatus.DIED
        world.look(minutes=3)
    world.runs_of_machine.found = RunStatus.DIED
    world.runs_of_machine.on_look = world.cancel

    assert world.look(minutes=3) is Action.NOTHING

    assert world.now.closing is TerminationReason.CANCEL
    assert world.to_the_end(iter([900.0] * 5)).status is Status.CANCELLED


def test_a_parent_hears_of_a_child_that_ended_while_somebody_looked():
    world = Restarted(gate())
    parent = Parent(execution_id="01890000-0000-7000-8000-00000000000a", task_name="sub")
    child = world.execution.model_copy(update={"parent": parent})
    world.store.executions["default", child.id] = child
    park(world.store, parent.execution_id, "token")
    end = End(Status.FAILED, 0)

    def end_meanwhile() -> None:
        assert world.store.finish(world.now, end, now=world.clock())
        world.runs_of_machine.found = RunStatus.SUCCEEDED

    world.runs_of_machine.on_look = end_meanwhile
    assert world.look() is Action.NOTHING

    assert world.store.wakes["default", parent.execution_id, "main"] == 1


def test_what_is_gone_when_its_run_has_been_looked_at_is_left_alone():
    world = Restarted(gate())
    world.runs_of_machine.found = RunStatus.DIED
    world.runs_of_machine.on_look = world.store.executions.clear

    assert world.look() is Action.NOTHING


def test_a_cancelled_execution_whose_runs_get_nowhere_ends_cancelled():
    world = Restarted(gate(), task("after", properties={"values": {}}))
    world.next_turn()
    world.cancel()
    for _ in range(MANY):
        world.runs_of_machine.found = RunStatus.DIED
        world.look(minutes=3)

    assert world.now.status is Status.CANCELLED
    assert world.look() is Action.NOTHING
