"""The bytes that the answers of a turn take until they are recorded: bounded, the next waits.

A function has 1,769 MB and runs one turn at a time, a turn has 32 attempts at a time, and an answer
of 10 MiB may take 300 MB as lists and maps.
"""

import threading
from collections.abc import Callable

from shared.plugins.sdk.plugin import PluginError

MAX_BYTES_IN_FLIGHT = 64 * 1024 * 1024


class InFlight:
    """The bytes reserved by the attempts of a turn.

    Whoever came first never waits, even for more than the limit: else attempts that have reserved a
    part would wait for each other for ever.
    """

    def __init__(self, limit: int = MAX_BYTES_IN_FLIGHT) -> None:
        self._limit = limit
        self._changed = threading.Condition()
        self._reserved: dict[Hold, int] = {}

    def hold(self, remaining: Callable[[], float]) -> "Hold":
        """Return an attempt's share, empty as yet; `remaining` tells its seconds left."""
        return Hold(self, remaining)

    @property
    def total(self) -> int:
        """The bytes reserved now."""
        with self._changed:
            return sum(self._reserved.values())

    def reserve(self, hold: "Hold", size: int, remaining: Callable[[], float]) -> None:
        """Add to a share as soon as there is room; PluginError `timeout` if its time ends first."""
        with self._changed:
            self._reserved.setdefault(hold, 0)
            while not self._has_room(hold, size):
                left = remaining()
                if left <= 0:
                    raise PluginError("out of time: too many large answers at once", code="timeout")
                self._changed.wait(left)
            self._reserved[hold] += size

    def _has_room(self, hold: "Hold", size: int) -> bool:
        is_first = next(iter(self._reserved)) is hold
        return is_first or sum(self._reserved.values()) + size <= self._limit

    def release(self, hold: "Hold") -> None:
        """Give a whole share back."""
        with self._changed:
            if self._reserved.pop(hold, None) is not None:
                self._changed.notify_all()


class Hold:
    """The share of one attempt; given back as a whole, once its outcome is recorded."""

    def __init__(self, of: InFlight, remaining: Callable[[], float]) -> None:
        self._of = of
        self._remaining = remaining

    def reserve(self, size: int) -> None:
        """Wait until `size` more bytes may be taken; PluginError `timeout` if that is too late."""
        self._of.reserve(self, size, self._remaining)

    def release(self) -> None:
        """Give back all that was reserved."""
        self._of.release(self)
