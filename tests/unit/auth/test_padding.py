"""Padding: refused credentials take a multiple of 250 ms, all else its own time."""

import pytest

from shared.auth.padding import padded
from shared.errors import ForbiddenError, InvalidCredentialsError


class Time:
    """A clock that work moves, and sleep too."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def refused(time: Time, seconds: float, error: Exception) -> None:
    def work() -> None:
        time.now += seconds
        raise error

    padded(work, time.clock, time.sleep)


@pytest.mark.parametrize(
    ("seconds", "total"), [(0.004, 0.25), (0.012, 0.25), (0.249, 0.25), (0.251, 0.5), (1.1, 1.25)]
)
def test_a_refusal_lasts_to_the_next_step(seconds: float, total: float):
    time = Time()

    with pytest.raises(InvalidCredentialsError):
        refused(time, seconds, InvalidCredentialsError("no"))

    assert time.now - 1000 == pytest.approx(total)


def test_what_is_right_or_refused_for_another_reason_does_not_wait():
    time = Time()

    assert padded(lambda: 5, time.clock, time.sleep) == 5
    with pytest.raises(ForbiddenError):
        refused(time, 0.1, ForbiddenError("no"))

    assert time.slept == []
