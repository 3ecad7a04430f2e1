"""Wake-ups of suspended executions: none is lost, whatever it meets."""

import pytest

from shared.executions.models import Status
from shared.executions.orchestration.wakeups import Waker
from shared.executions.tasks.durable import DurableState, Poll
from tests.support.desk import Desk, bench_of, gate
from tests.support.executions.bench import Bench
from tests.support.executions.segments import park
from tests.support.plans import plan_of, task


def waker(bench: Bench) -> Waker:
    return Waker(bench.store, bench.states)


def test_a_wake_up_sends_the_token_of_a_parked_run():
    bench = bench_of(Desk(), gate("g"))
    bench.turn()
    bench.register("token")

    assert waker(bench).wake("default", bench.execution.id)
    assert bench.states.sent == ["token"]


def test_a_wake_up_between_the_turn_and_its_token_is_not_lost():
    bench = bench_of(Desk(), gate("g"))
    bench.turn()

    assert not waker(bench).wake("default", bench.execution.id)
    bench.register("token")

    assert bench.states.sent == ["token"]
    assert not waker(bench).can_wake("default", bench.execution.id)


def test_a_wake_up_during_a_turn_lets_it_run_once_more():
    class Meanwhile(Desk):
        def step(self, poll: Poll) -> DurableState:
            waker(bench).wake("default", bench.execution.id)
            return super().step(poll)

    bench = bench_of(Meanwhile(), gate("g"))
    bench.turn()
    bench.register("token")

    assert bench.states.sent == ["token"]


def test_the_token_of_an_overtaken_turn_is_spent_at_once():
    bench = bench_of(Desk(), gate("g"))
    bench.turn()
    earlier = bench.answer
    bench.turn()
    bench.answer = earlier

    bench.register("old")

    assert bench.states.sent == ["old"]


@pytest.mark.parametrize("status", ["SUCCESS", "FAILED"])
def test_the_end_of_a_child_wakes_its_parent(status: str):
    parent = {"executionId": "01890000-0000-7000-8000-00000000000f", "taskName": "sub"}
    body = task(
        "a", type="core.set" if status == "SUCCESS" else "util.string", properties={"values": {}}
    )
    bench = Bench(plan_of(body), parent=parent)
    park(bench.store, parent["executionId"], "parent")

    bench.turn()

    assert bench.now.status is Status(status)
    assert bench.states.sent == ["parent"]


def test_a_turn_that_died_between_the_end_and_the_telling_tells_when_it_is_tried_again():
    parent = {"executionId": "01890000-0000-7000-8000-00000000000f", "taskName": "sub"}
    bench = Bench(plan_of(task("a")), parent=parent, status="SUCCESS")
    park(bench.store, parent["executionId"], "parent")

    assert bench.turn() == "done"
    assert bench.states.sent == ["parent"]
