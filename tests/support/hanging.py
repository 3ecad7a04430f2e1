"""Variables that a flow never gets to the end of reading: they hang until they are released."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from shared.watchdog import Watchdog


class Hanging(dict[str, Any]):
    """A map of which one key, `slow`, is never found; `readers` counts who began to look for it.

    The first `patience` of them find it.
    """

    def __init__(self, patience: int = 0) -> None:
        super().__init__(slow="x", fast="y")
        self.readers = 0
        self._patience = patience
        self.released = threading.Event()

    def __getitem__(self, name: str) -> Any:
        if name == "slow":
            self.readers += 1
            if self.readers > self._patience:
                self.released.wait()
        return super().__getitem__(name)

    def watchdog(self) -> Watchdog:
        """A watchdog to which each reader has used up all its time."""
        return Watchdog(limit=0.01, grace=0.01, cpu=self._cpu)

    def _cpu(self, _thread: Thread) -> float:
        return float(max(0, self.readers - self._patience))


@contextmanager
def hanging(patience: int = 0) -> Iterator[Hanging]:
    """Such a map; whoever hangs in it is released in the end."""
    values = Hanging(patience)
    try:
        yield values
    finally:
        values.released.set()
