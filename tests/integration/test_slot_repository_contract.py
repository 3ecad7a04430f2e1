"""Slots keep the same promises in their table and in the memory that stands for it."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from shared.executions.models import Execution, Slot, Status
from shared.executions.store.repository import ExecutionRepository
from shared.executions.store.slots import Admission, First, SlotRepository
from shared.executions.store.snapshots import DueExecution, DueGroup, End
from shared.executions.task_runs import Failure
from tests.support.executions.repository import NOW, InMemoryExecutions, execution_of
from tests.support.plans import plan_of, task
from tests.support.slots import InMemorySlots

if TYPE_CHECKING:
    from tests.support.tables import Tables

PLAN = plan_of(task("a"))
LINE, OTHER_LINE = "default#slots#f", "default#slots#f#other"
LATER = NOW + timedelta(hours=1)
CANCELLED = Failure(code="cancelled", message="m")


class Stores(NamedTuple):
    executions: ExecutionRepository
    slots: SlotRepository

    def now(self, execution: Execution) -> Execution:
        found = self.executions.find(execution.tenant, execution.id)
        assert found
        return found

    def head(self, line: str = LINE) -> First:
        first = self.slots.first(line)
        assert first
        return first

    def admit(self, first: First | None = None, line: str = LINE) -> Admission:
        return self.slots.admit(line, first or self.head(line), check_at=LATER)

    def leave(self, execution: Execution) -> bool:
        return self.slots.leave(execution, CANCELLED, now=LATER)

    def finish(self, execution: Execution) -> bool:
        return self.executions.finish(execution, End(Status.SUCCESS, 1), now=LATER)

    def taken(self, line: str = LINE) -> int:
        """How many slots are taken, as the head of the line tells: somebody must wait in it."""
        return self.head(line).taken


@pytest.fixture(params=["table", "memory"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "memory":
        executions = InMemoryExecutions()
        return Stores(executions, InMemorySlots(executions))
    tables: Tables = request.getfixturevalue("tables")
    table = tables.table("EXECUTIONS_TABLE_NAME")
    return Stores(
        ExecutionRepository(table, lambda: NOW, lambda _seconds: None),
        SlotRepository(table, lambda _seconds: None),
    )


def execution(number: int, *, line: str = LINE, limit: int = 1, **fields: Any) -> Execution:
    return execution_of(
        PLAN,
        id=f"01890000-0000-7000-8000-{number:012d}",
        slot=Slot(line=line, limit=limit, waiting=fields.pop("waiting", True)),
        **{"checkAt": NOW, **fields},
    )


class TestSlots:
    def test_who_enters_waits_in_line(self, stores: Stores):
        assert stores.slots.enter(execution(1, limit=3))

        assert stores.head() == First(execution(1).id, limit=3, taken=0)
        assert stores.now(execution(1)) == execution(1, limit=3)

    def test_who_enters_again_changes_nothing(self, stores: Stores):
        assert stores.slots.enter(execution(1, limit=3))

        assert not stores.slots.enter(execution(1, limit=9, flowName="other"))

        assert stores.now(execution(1)) == execution(1, limit=3)
        assert stores.head().limit == 3

    def test_who_has_left_is_not_put_in_line_by_a_repetition(self, stores: Stores):
        assert stores.slots.enter(execution(1))
        assert stores.leave(execution(1))

        assert not stores.slots.enter(execution(1))

        assert stores.slots.first(LINE) is None

    def test_an_empty_line_has_no_head(self, stores: Stores):
        assert stores.slots.first(LINE) is None

        assert stores.slots.take(execution(1, waiting=False)) is Admission.ADMITTED

        assert stores.slots.first(LINE) is None

    def test_the_oldest_stands_first_in_its_own_line(self, stores: Stores):
        for each in (execution(2), execution(1), execution(3), execution(0, line=OTHER_LINE)):
            assert stores.slots.enter(each)

        assert stores.head().execution_id == execution(1).id
        assert stores.head(OTHER_LINE).execution_id == execution(0).id

    def test_who_does_not_wait_takes_a_slot_or_is_told_that_there_is_none(self, stores: Stores):
        for number in (1, 2):
            taken = stores.slots.take(execution(number, limit=2, waiting=False))
            assert taken is Admission.ADMITTED
        assert stores.now(execution(1)) == execution(1, limit=2, waiting=False)

        third = execution(3, limit=2, waiting=False)
        assert stores.slots.take(third) is Admission.FULL
        assert stores.executions.find("default", third.id) is None

        assert stores.slots.enter(execution(4))
        assert stores.taken() == 2

    @pytest.mark.parametrize("limit", [1, 2])
    def test_who_was_put_before_takes_no_second_slot(self, limit: int, stores: Stores):
        assert stores.slots.take(execution(1, limit=limit)) is Admission.ADMITTED

        assert stores.slots.take(execution(1, limit=limit)) is Admission.GONE

        assert stores.slots.enter(execution(2))
        assert stores.taken() == 1

    def test_the_first_is_admitted_and_waits_no_more(self, stores: Stores):
        for number in (1, 2):
            assert stores.slots.enter(execution(number))

        assert stores.admit() is Admission.ADMITTED

        admitted = stores.now(execution(1))
        assert not admitted.is_waiting
        assert (admitted.check_at, admitted.status) == (LATER, Status.QUEUED)
        assert stores.head() == First(execution(2).id, limit=1, taken=1)

    def test_nobody_is_admitted_to_a_line_that_is_full(self, stores: Stores):
        for number in (1, 2):
            assert stores.slots.enter(execution(number))
        assert stores.admit() is Admission.ADMITTED
        before = stores.now(execution(2))

        assert stores.admit() is Admission.FULL

        assert stores.now(execution(2)) == before
        assert stores.head() == First(execution(2).id, limit=1, taken=1)

    def test_the_limit_that_counts_is_that_of_whoever_is_first(self, stores: Stores):
        assert stores.slots.enter(execution(1, limit=1))
        assert stores.slots.enter(execution(2, limit=2))
        assert stores.slots.enter(execution(3, limit=2))

        assert stores.admit() is Admission.ADMITTED
        assert stores.admit() is Admission.ADMITTED
        assert stores.admit() is Admission.FULL

    @pytest.mark.parametrize("limit", [1, 2])
    def test_who_was_admitted_meanwhile_takes_no_second_slot(self, limit: int, stores: Stores):
        for number in (1, 2):
            assert stores.slots.enter(execution(number, limit=limit))
        seen = stores.head()
        assert stores.admit(seen) is Admission.ADMITTED

        assert stores.admit(seen) is Admission.GONE

        assert stores.taken() == 1

    def test_who_left_meanwhile_takes_no_slot(self, stores: Stores):
        for number in (1, 2):
            assert stores.slots.enter(execution(number))
        seen = stores.head()
        assert stores.leave(execution(1))

        assert stores.admit(seen) is Admission.GONE

        assert stores.head() == First(execution(2).id, limit=1, taken=0)
        assert stores.now(execution(1)).status is Status.CANCELLED

    def test_a_place_whose_execution_waits_no_more_holds_up_nobody(self, stores: Stores):
        for number in (1, 2):
            assert stores.slots.enter(execution(number))
        assert stores.executions.mark_running(execution(1), fence=1, now=NOW)

        assert stores.admit() is Admission.GONE

        assert stores.head() == First(execution(2).id, limit=1, taken=0)

    def test_nobody_is_admitted_to_a_line_that_is_not_there(self, stores: Stores):
        first = First(execution(1).id, limit=1, taken=0)

        assert stores.admit(first, OTHER_LINE) is Admission.GONE

    def test_who_leaves_the_line_is_cancelled(self, stores: Stores):
        waiting = execution(1, retentionSeconds=60)
        assert stores.slots.enter(waiting)

        assert stores.leave(waiting)

        left = {
            "status": Status.CANCELLED,
            "error": CANCELLED,
            "finished_at": LATER,
            "check_at": None,
            "expires_at": int(LATER.timestamp()) + 60,
        }
        assert stores.now(waiting) == waiting.model_copy(update=left)
        assert stores.slots.first(LINE) is None
        assert list(stores.executions.overdue(now=None)) == []

    def test_who_leaves_twice_has_left_once(self, stores: Stores):
        assert stores.slots.enter(execution(1))
        assert stores.leave(execution(1))
        before = stores.now(execution(1))

        assert not stores.leave(execution(1))
        assert stores.now(execution(1)) == before

    def test_who_was_admitted_does_not_leave(self, stores: Stores):
        assert stores.slots.enter(execution(1))
        assert stores.admit() is Admission.ADMITTED
        before = stores.now(execution(1))

        assert not stores.leave(execution(1))
        assert stores.now(execution(1)) == before

    def test_who_was_never_in_line_does_not_leave(self, stores: Stores):
        assert not stores.leave(execution(1))

        assert stores.executions.add(execution(1))
        assert not stores.leave(execution(1))
        assert stores.now(execution(1)) == execution(1)

    def test_an_end_gives_its_slot_back_once(self, stores: Stores):
        for number in (1, 2):
            assert stores.slots.enter(execution(number))
        assert stores.admit() is Admission.ADMITTED
        running = stores.now(execution(1))

        assert stores.finish(running)
        assert stores.taken() == 0
        assert not stores.finish(running)
        assert stores.taken() == 0

    def test_an_end_that_is_refused_keeps_its_slot(self, stores: Stores):
        for number in (1, 2):
            assert stores.slots.enter(execution(number))
        assert stores.admit() is Admission.ADMITTED
        before = stores.now(execution(1))
        moved = {"stalls": 0, "records": 0, "turns": 0, "check_at": LATER}
        assert stores.executions.resume(before, **moved)  # type: ignore[arg-type]  # of two types

        assert not stores.finish(before)

        assert stores.taken() == 1

    def test_a_line_is_looked_at_while_it_is_watched(self, stores: Stores):
        assert stores.slots.enter(execution(1, checkAt=LATER))
        assert not stores.head().is_watched

        stores.slots.watch(LINE, at=NOW)

        assert stores.head().is_watched
        assert list(stores.executions.overdue(now=NOW)) == [DueGroup(LINE)]
        due = DueExecution("default", execution(1).id)
        assert set(stores.executions.overdue(now=None)) == {DueGroup(LINE), due}

        stores.slots.watch(LINE, at=LATER)
        assert list(stores.executions.overdue(now=NOW)) == []

        stores.slots.unwatch(LINE)
        assert not stores.head().is_watched
        assert list(stores.executions.overdue(now=LATER)) == [due]

    def test_a_line_that_was_never_watched_can_be_unwatched(self, stores: Stores):
        stores.slots.unwatch(LINE)

        assert stores.slots.first(LINE) is None
        assert list(stores.executions.overdue(now=None)) == []

    def test_watching_changes_no_count(self, stores: Stores):
        for number in (1, 2):
            assert stores.slots.enter(execution(number))
        assert stores.admit() is Admission.ADMITTED
        stores.slots.watch(LINE, at=NOW)

        assert stores.head() == First(execution(2).id, limit=1, taken=1, is_watched=True)
        assert stores.admit() is Admission.FULL
