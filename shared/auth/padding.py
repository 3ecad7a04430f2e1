"""Refusals that take one duration, so that their time does not tell why."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from shared.errors import InvalidCredentialsError

T = TypeVar("T")
Work = Callable[[], T]
Clock = Callable[[], float]
"""Seconds that only grow."""
Sleep = Callable[[float], object]

STEP_SECONDS: Final = 0.25


def padded(work: Work[T], clock: Clock = time.monotonic, sleep: Sleep = time.sleep) -> T:
    """Do the work; credentials that are not right are refused after a multiple of 250 ms."""
    begun = clock()
    try:
        return work()
    except InvalidCredentialsError:
        sleep(-(clock() - begun) % STEP_SECONDS)
        raise
