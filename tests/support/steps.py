"""Counts how much Python does: calls of functions, ours and those written in C."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass
class Steps:
    """Calls so far; the same for the same work on every machine, however busy it is."""

    count: int = 0


@contextmanager
def counted_steps() -> Iterator[Steps]:
    """Count the calls that this thread makes inside."""
    steps = Steps()

    def note(_frame: Any, event: str, _argument: Any) -> None:
        if event in {"call", "c_call"}:
            steps.count += 1

    sys.setprofile(note)
    try:
        yield steps
    finally:
        sys.setprofile(None)


class Clock:
    """Stands still but for `tick` seconds at each look; remembers the most steps between looks."""

    def __init__(self, steps: Steps, *, tick: float) -> None:
        self.looks = 0
        self.longest = 0
        self._steps = steps
        self._tick = tick
        self._seen = 0

    def __call__(self) -> float:
        self.longest = max(self.longest, self._steps.count - self._seen)
        self._seen = self._steps.count
        self.looks += 1
        return self.looks * self._tick


def steps_of(work: Callable[[], object]) -> int:
    """How many calls some work makes."""
    with counted_steps() as steps:
        work()
    return steps.count
