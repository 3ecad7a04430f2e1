"""A sweep: what others left halfway is finished, one mark after the other."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Final, TypeVar

from shared.observability import logger

Mark = TypeVar("Mark")

AFTER: Final = timedelta(minutes=5)
"""The time that others have to finish what they began; a function of the API lives for 29 s."""
MAX_MARKS: Final = 100
"""The marks of one sweep; the next takes the rest."""


def finish_all(
    marks: Iterable[Mark],
    finish: Callable[[Mark], object],
    refusal: str,
    told: Callable[[Mark], Mapping[str, str]],
) -> int:
    """Finish what each mark tells of, and return how many there were.

    One that resists does not stop the others: it is logged as `refusal`, with what is `told` of its
    mark, and RuntimeError at the end says how many did.
    """
    found = list(marks)
    failed = 0
    for mark in found:
        try:
            finish(mark)
        except Exception:  # noqa: BLE001 - logged here, raised once all have been looked at
            logger.exception(refusal, extra=dict(told(mark)))
            failed += 1
    if failed:
        raise RuntimeError(f"{refusal}: {failed} of {len(found)}")
    return len(found)
