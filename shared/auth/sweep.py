"""A sweep: what others left halfway is finished, one mark after the other."""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from random import shuffle
from typing import Final, TypeVar

from shared.auth.padding import Clock
from shared.observability import logger

Mark = TypeVar("Mark")

AFTER: Final = timedelta(minutes=5)
"""The time that others have to finish what they began; a function of the API lives for 29 s."""
MAX_MARKS: Final = 100
"""The marks of one sweep; the next takes the rest."""
MAX_SECONDS: Final = 12.0
"""The time in which a sweep begins with marks: what it began it must end within its 29 s."""


def finish_all(  # noqa: PLR0913 - the marks, what is done and told of them, and what a test sets
    marks: Iterable[Mark],
    finish: Callable[[Mark], object],
    refusal: str,
    told: Callable[[Mark], Mapping[str, str]],
    *,
    mix: Callable[[list[Mark]], object] = shuffle,
    clock: Clock = time.monotonic,
) -> int:
    """Finish what marks tell of, as long as there is time, and return how many were looked at.

    One that resists does not stop the others, and next time it need not be the first again: it is
    logged as `refusal`, with what is `told` of its mark, and RuntimeError at the end says how many
    did.
    """
    found = list(marks)
    mix(found)
    ends = clock() + MAX_SECONDS
    done = failed = 0
    for mark in found:
        if clock() >= ends:
            logger.warning("left to the next sweep", extra={"marks": len(found) - done})
            break
        done += 1
        try:
            finish(mark)
        except Exception:  # noqa: BLE001 - logged here, raised once all have been looked at
            logger.exception(refusal, extra=dict(told(mark)))
            failed += 1
    if failed:
        raise RuntimeError(f"{refusal}: {failed} of {done}")
    return done
