"""Runs that die while their execution waits: it goes on from what it waits for, each time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.executions.engine import Run
from shared.executions.models import Closing, Execution, Parent, Status
from shared.executions.promoting import Promoter
from shared.executions.reconcile import MAX_STALLS, Action, Reconciler
from shared.people.models import ApprovalStatus
from tests.support.executions import FakeEngine, waker_of
from tests.support.plans import plan_of, task
from tests.support.slots import InMemorySlots
from tests.support.worlds import World

MANY = 2 * MAX_STALLS


class Runs(FakeEngine):
    """What Step Functions says of the newest run."""

    found = Run.RUNNING
    on_look: Callable[[], None] | None = None

    def look(self, execution: Execution) -> Run:
        del execution
        if self.on_look:
            self.on_look()
        return self.found

    def start_run(self, tenant: str, execution_id: str, *, generation: int) -> None:
        super().start_run(tenant, execution_id, generation=generation)
        self.found = Run.RUNNING

    def stop(self, execution: Execution) -> None:
        super().stop(execution)
        self.found = Run.DIED


class Restarted(World):
    """A world with a reconciler."""

    def __init__(self, *tasks: Any, **fields: Any) -> None:
        super().__init__(plan_of(*tasks, **fields))
        self.runs_of_machine = Runs()
        self.reconciler = Reconciler(
            executions=self.store,
            engine=self.runs_of_machine,
            waker=waker_of(self.store, self.states),
            promoter=Promoter(InMemorySlots(self.store), self.runs_of_machine, self.clock),
            now=self.clock,
        )

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def look(self, **later: float) -> Action:
        self.ahead += timedelta(**later)
        return self.reconciler.look("default", self.execution.id)

    def next_turn(self) -> str:
        return self.turn(generation=self.now.generation)

    def restart(self) -> None:
        """Every run fails, as when Step Functions restarts; a minute later someone looks."""
        self.runs_of_machine.found = Run.DIED
        assert self.look(minutes=1) is Action.RESUMED


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
    for _ in range(MANY):
        world.runs_of_machine.found = Run.DIED
        actions.append(world.look(minutes=3))
        if world.now.status.is_terminal:
            break

    assert actions == [Action.RESUMED] * (MAX_STALLS - 1) + [Action.FAILED]
    assert world.now.error
    assert world.now.error.code == "engine_error"


def test_a_parent_hears_that_its_child_was_given_up():
    world = Restarted(gate())
    parent = Parent(execution_id="01890000-0000-7000-8000-00000000000a", task_name="sub")
    child = world.execution.model_copy(update={"parent": parent})
    world.store.executions["default", child.id] = child
    world.next_turn()

    while not world.now.status.is_terminal:
        world.runs_of_machine.found = Run.DIED
        world.look(minutes=3)

    assert world.store.wakes["default", parent.execution_id, "main"] == 1


@pytest.mark.parametrize("stalls", [0, MAX_STALLS])
def test_who_looks_while_somebody_cancels_leaves_the_field(stalls: int):
    world = Restarted(gate())
    world.next_turn()
    for _ in range(stalls):
        world.runs_of_machine.found = Run.DIED
        world.look(minutes=3)
    world.runs_of_machine.found = Run.DIED
    world.runs_of_machine.on_look = world.cancel

    assert world.look(minutes=3) is Action.NOTHING

    assert world.now.closing is Closing.CANCEL
    assert world.to_the_end(iter([900.0] * 5)).status is Status.CANCELLED


def test_a_cancelled_execution_whose_runs_get_nowhere_ends_cancelled():
    world = Restarted(gate(), task("after", properties={"values": {}}))
    world.next_turn()
    world.cancel()
    for _ in range(MANY):
        world.runs_of_machine.found = Run.DIED
        world.look(minutes=3)

    assert world.now.status is Status.CANCELLED
    assert world.look() is Action.NOTHING
