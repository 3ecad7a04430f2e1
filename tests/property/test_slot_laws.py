"""Whoever starts, ends, is cancelled or dies, and when: slots are right after each single write."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.executions.models import Execution, Slot, Status
from shared.executions.task_runs import Failure
from tests.support.executions.bench import Abandoned
from tests.support.executions.repository import execution_of
from tests.support.plans import plan_of, task
from tests.support.slots import Queueing

PLAN = plan_of(task("a"))
LINE = "default#slots#f"
PATIENCE = 2
"""Minutes after which no free slot stands beside somebody who waits, whatever died."""
CANCELLED = Failure(code="cancelled", message="cancelled")
LAWS = settings(max_examples=150)
Steps = st.lists(
    st.tuples(
        st.sampled_from(["start", "start", "end", "end", "cancel", "minute", "quarter"]),
        st.integers(0, 9),
        st.none() | st.integers(1, 4),
    ),
    min_size=5,
    max_size=40,
)


class Line:
    """One line: what is done to it, who dies meanwhile, and what holds after each write."""

    def __init__(self, limit: int) -> None:
        self.limit, self.entered, self.admitted_last = limit, 0, ""
        self.ground = Queueing()
        self.writes_to_live: int | None = None
        self.ground.slots.on_write = self.written
        self.ground.store.on_write = lambda moment: self.written() if moment == "after" else None

    def do(self, step: str, which: int, writes_to_live: int | None) -> None:
        """Take a step; the process dies after so many writes, if that many there are."""
        self.writes_to_live = writes_to_live
        try:
            getattr(self, step)(which)
        except Abandoned:
            pass
        finally:
            self.writes_to_live = None

    def minute(self, _which: int) -> None:
        self.ground.minute()

    def quarter(self, _which: int) -> None:
        for _ in range(15):
            self.minute(0)

    def start(self, _which: int) -> None:
        self.entered += 1
        identity = f"01890000-0000-7000-8000-{self.entered:012d}"
        slot = Slot(line=LINE, limit=self.limit)
        check = self.ground.at.replace(second=59)
        self.ground.launcher.launch(
            execution_of(PLAN, id=identity, slot=slot, checkAt=check), replayed=False
        )

    def end(self, which: int) -> None:
        running = [each for each in self.admitted() if self.is_started(each)]
        if running:
            self.ground.end(running[which % len(running)])

    def cancel(self, which: int) -> None:
        waiting = self.waiting()
        if waiting:
            self.ground.slots.leave(waiting[which % len(waiting)], CANCELLED, now=self.ground.at)

    def admitted(self) -> list[Execution]:
        return [each for each in self.ground.of_line(LINE) if not each.is_waiting]

    def waiting(self) -> list[Execution]:
        return [each for each in self.ground.of_line(LINE) if each.is_waiting]

    def is_started(self, execution: Execution) -> bool:
        return f"{execution.id}-1" in self.ground.engine.started

    def written(self) -> None:
        self.check()
        if self.writes_to_live is not None:
            self.writes_to_live -= 1
            if self.writes_to_live == 0:
                raise Abandoned

    def check(self) -> None:
        """What holds after every write, and so wherever a process dies."""
        taken, found = self.ground.slots.taken.get(LINE, 0), self.ground.of_line(LINE)
        admitted = [each.id for each in found if not each.is_waiting]
        waiting = [each.id for each in found if each.is_waiting]
        assert taken <= self.limit
        assert taken == len(admitted)
        assert list(self.ground.slots.lines.get(LINE, {})) == waiting
        assert not waiting or not admitted or admitted[-1] < waiting[0]

    def settle(self) -> None:
        """Let the reconciler's minutes pass, and nothing else."""
        for _ in range(PATIENCE):
            self.do("minute", 0, None)


@LAWS
@given(st.integers(1, 3), Steps)
def test_slots_are_right_after_each_write_whoever_dies(
    limit: int, steps: list[tuple[str, int, int | None]]
) -> None:
    line = Line(limit)
    for step in steps:
        line.do(*step)

    line.settle()
    assert all(line.is_started(each) for each in line.admitted())
    assert not line.waiting() or len(line.admitted()) == limit
    for _ in range(line.entered):
        line.do("end", 0, 1)
        line.settle()
    assert line.ground.slots.taken.get(LINE, 0) == 0
    assert not line.ground.of_line(LINE)
    assert not line.ground.store.watched


@pytest.mark.parametrize(("number", "writes_to_live"), [(1_000, None), (100, 1)])
def test_all_that_wait_run_five_at_a_time_oldest_first(
    number: int, writes_to_live: int | None
) -> None:
    line = Line(5)
    for _ in range(number):
        line.do("start", 0, None)

    ended = []
    while admitted := line.admitted():
        ended.append(admitted[0].id)
        line.do("end", 0, writes_to_live)
        if writes_to_live:
            line.settle()

    assert ended == [execution_id for _, execution_id in line.ground.store.executions]
    assert {each.status for each in line.ground.store.executions.values()} == {Status.SUCCESS}
    assert line.ground.slots.taken == {LINE: 0}


def test_a_long_line_costs_a_look_a_minute_however_many_wait() -> None:
    line = Line(1)
    for _ in range(200):
        line.do("start", 0, None)
    # Each is looked at once, to make sure that its line is.
    assert len(line.ground.minute()) == 201

    looks = [len(line.ground.minute()) for _ in range(58)]

    # One at the line, and now and then one at what runs.
    assert sum(looks) < 58 + 10
