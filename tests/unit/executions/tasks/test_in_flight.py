"""Answers in flight: bounded in bytes, whoever came first goes on, nobody waits for ever."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.executions.tasks.in_flight import Hold, InFlight
from shared.plugins.sdk.plugin import PluginError


def forever() -> float:
    return 60.0


def over() -> float:
    return 0.0


Shares = tuple[InFlight, Hold, Hold]


@pytest.fixture
def taken() -> Shares:
    """A memory of 100 bytes, all of them taken: 60 by the first, 40 by the second."""
    memory = InFlight(100)
    first, second = memory.hold(over), memory.hold(over)
    first.reserve(60)
    second.reserve(40)
    return memory, first, second


def test_shares_are_counted_together_and_given_back_whole():
    memory = InFlight(100)
    first, second = memory.hold(over), memory.hold(over)

    first.reserve(40)
    second.reserve(30)
    second.reserve(30)

    assert memory.total == 100
    second.release()
    assert memory.total == 40
    second.release()
    first.release()
    assert memory.total == 0


def test_who_is_not_the_first_waits_for_room_until_its_time_is_over(taken: Shares):
    memory, _, second = taken

    with pytest.raises(PluginError) as caught:
        second.reserve(1)

    assert caught.value.code == "timeout"
    assert memory.total == 100


def test_the_first_takes_more_than_there_is(taken: Shares):
    memory, first, _ = taken

    first.reserve(500)

    assert memory.total == 600


def test_the_next_is_the_first_once_the_first_has_ended(taken: Shares):
    memory, first, second = taken

    first.release()
    second.reserve(500)

    assert memory.total == 540


@pytest.mark.timing
def test_of_many_large_answers_at_once_few_are_in_memory_and_all_come_through():
    memory, at_once, lock = InFlight(64), [], threading.Lock()

    def answer() -> None:
        hold = memory.hold(forever)
        for _ in range(10):
            hold.reserve(1)
        hold.reserve(30)
        with lock:
            at_once.append(memory.total)
        hold.release()

    with ThreadPoolExecutor(32) as threads:
        for each in [threads.submit(answer) for _ in range(32)]:
            each.result()

    assert len(at_once) == 32
    assert max(at_once) <= 64 + 40
    assert memory.total == 0
