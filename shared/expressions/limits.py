"""The costs one template may have; a bomb fails its task, never the function that runs it."""

import time
from collections.abc import Callable

from shared.expressions.errors import TemplateError

MAX_SOURCE_BYTES = 64 * 1024
MAX_RESULT_BYTES = 1024 * 1024
"""Of a result and of every value on the way to it, counted as JSON."""
MAX_INTEGER_BITS = 1023
"""The largest integers that are floats too: 308 digits."""
MAX_BRACKETS = 32
"""Brackets inside brackets in a source; the parser needs a dozen frames for each."""
MAX_TREE_DEPTH = 100
"""Operators, filters and accesses on the way from a tree's root to a leaf."""
MAX_VALUE_DEPTH = 100
"""Lists and maps inside each other, in values that a template makes."""
MAX_PATH_STEPS = 32
MAX_NAME_LENGTH = 1_000
"""The characters of a field's path and of the layout of a time."""
MAX_SORT_NAMES = 8
MAX_SPECIFIERS = 1_000
"""The places that one `%` format fills."""
MAX_COMPARED_BYTES = 4 * MAX_RESULT_BYTES
"""Of each of two lists or maps that are compared; they come from outputs, not from a template."""
MAX_ORDERED_DEPTH = 4
"""Lists inside each other that have an order: Python compares them once more for each level."""
MAX_KEYS_BYTES = 20 * MAX_RESULT_BYTES
"""Of all keys by which items are sorted, or told from each other."""
MAX_STEPS = 5_000_000
MAX_SECONDS = 1.0
CLOCK_EVERY_STEPS = 500


class Budget:
    """The limits that all evaluations of one scope and its copies share.

    A collection plugin evaluates its expression once per item: each may take `MAX_SECONDS`, all
    of them `seconds`, and what they yield may have `size` bytes of JSON. `clock` tells seconds of
    the thread's own processor time: neither busy neighbours nor an output that is fetched meanwhile
    are an expression's fault.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.thread_time,
        seconds: float = 30.0,
        size: int = 64 * MAX_RESULT_BYTES,
    ) -> None:
        self.clock = clock
        self._seconds = seconds
        self._size = size

    def seconds_for_one(self) -> float:
        """Return the seconds that the next evaluation may take."""
        if self._seconds <= 0:
            raise TemplateError("the expressions of this task take too long together")
        return min(MAX_SECONDS, self._seconds)

    def spend(self, seconds: float, size: int) -> None:
        """Book an evaluation that yielded `size` bytes."""
        self._seconds -= seconds
        self._size -= size
        if self._size < 0:
            raise TemplateError("the results of this task's expressions are too large together")
