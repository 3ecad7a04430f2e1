"""Plugins that outlast their time whatever the machine does: they wait for what they are about."""

import itertools
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from shared.executions.task_runs import TaskStatus
from shared.plugins.sdk.plugin import Run, TaskContext

if TYPE_CHECKING:
    from tests.support.executions.bench import Bench

PATIENCE_SECONDS = 60
"""When a wait is given up: long, for it says that something hangs, not that it is slow."""


class Lingering:
    """A plugin that ignores its deadline and goes on until a task's attempt is recorded as over.

    It is one of the attempts of `task` itself, unless it waits for another's only attempt. Its
    bench makes itself known to it.
    """

    bench: "Bench"

    def __init__(self, task: str) -> None:
        self._task = task
        self._attempts = itertools.count(1)

    def __call__(self, _properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        attempt, until = next(self._attempts), time.monotonic() + PATIENCE_SECONDS
        while not self._is_over(attempt) and time.monotonic() < until:
            time.sleep(0.005)
        return {}

    def _is_over(self, attempt: int) -> bool:
        run = self.bench.runs.get(self._task)
        return run is not None and run.attempt >= attempt and run.status is not TaskStatus.RUNNING


@contextmanager
def stuck() -> Iterator[Run]:
    """A plugin that does not return before the block ends."""
    released = threading.Event()

    def run(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        released.wait(PATIENCE_SECONDS)
        return {}

    try:
        yield run
    finally:
        released.set()
