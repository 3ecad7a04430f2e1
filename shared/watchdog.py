"""The net below the limits of expressions: what outlives its time is abandoned (ADR 30).

The limits are charges, and a list of charges has holes. Inside `with Watchdog()` the evaluations
that a thread asks for run in a worker thread, which can be left behind. Elsewhere they run at once:
an attempt's own thread can be left behind as it is.
"""

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Self, TypeVar

from shared.errors import UnavailableError

_Value = TypeVar("_Value")
_Work = Callable[[], object]
_Result = tuple[object, BaseException | None]

MAX_CPU_SECONDS = 2.0
"""Of one evaluation: the second that it may take, and one more to notice by itself."""
GRACE_SECONDS = 1.0
"""The time in which an abandoned evaluation may end before its process does."""
MAX_WALL_SECONDS = 60.0
"""An evaluation that takes so long without its processor time waits for an output."""
_WALL_PER_CPU_SECOND = 5.0


def cpu_seconds(thread: Thread) -> float:
    """Return the processor time of a living thread, in seconds.

    Neither busy neighbours nor an output that is fetched meanwhile count. Where the system does
    not tell (only Linux does), a fifth of the time that passes stands for it.
    """
    if not hasattr(time, "pthread_getcpuclockid"):
        return time.monotonic() / _WALL_PER_CPU_SECOND
    return time.clock_gettime(time.pthread_getcpuclockid(thread.ident or 0))


class _Worker:
    """A thread that evaluates what it is given, one after the other, until it is told to stop."""

    def __init__(self) -> None:
        self._work: SimpleQueue[_Work | None] = SimpleQueue()
        self.results: SimpleQueue[_Result] = SimpleQueue()
        self.thread = Thread(target=self._run, name="expressions", daemon=True)
        self.thread.start()

    def begin(self, work: _Work) -> None:
        self._work.put(work)

    def stop(self) -> None:
        self._work.put(None)

    def _run(self) -> None:
        while work := self._work.get():
            try:
                result: _Result = (work(), None)
            except BaseException as error:  # noqa: BLE001 - whatever it is, whoever asked meets it
                result = (None, error)
            self.results.put(result)
            del work, result


class _Current(threading.local):
    watchdog: "Watchdog | None" = None


_current = _Current()


class Watchdog:
    """The overseer of what one turn or one request evaluates; a context of the thread that asks.

    An evaluation over `limit` seconds of processor time raises TimeoutError for whoever asked; one
    that waits for too long, UnavailableError. Its thread goes on: it is a stray.
    """

    def __init__(
        self,
        *,
        limit: float = MAX_CPU_SECONDS,
        patience: float = MAX_WALL_SECONDS,
        grace: float = GRACE_SECONDS,
        cpu: Callable[[Thread], float] = cpu_seconds,
    ) -> None:
        self._limit = limit
        self._patience = patience
        self._grace = grace
        self._cpu = cpu
        self._worker: _Worker | None = None
        self._strays: list[Thread] = []
        self._outer: Watchdog | None = None

    def __enter__(self) -> Self:
        self._outer, _current.watchdog = _current.watchdog, self
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        _current.watchdog = self._outer
        if self._worker:
            self._worker.stop()
            self._worker = None

    def evaluate(self, work: Callable[[], _Value]) -> _Value:
        """Return what `work` returns, and raise what it raises, if it is done in time."""
        # A thread is cheap beside a turn, but most turns and requests evaluate nothing themselves.
        self._worker = worker = self._worker or _Worker()
        began = self._cpu(worker.thread)
        worker.begin(work)
        value, error = self._result(worker, began)
        if error is not None:
            raise error
        return value  # type: ignore[return-value]  # of this work: a worker does one at a time

    def has_strays(self) -> bool:
        """Tell whether an abandoned evaluation still runs; waits a short while for its end."""
        until = time.monotonic() + self._grace
        for thread in self._strays:
            thread.join(max(0.0, until - time.monotonic()))
        return any(thread.is_alive() for thread in self._strays)

    def _result(self, worker: _Worker, began: float) -> _Result:
        until = time.monotonic() + self._patience
        pause = self._limit
        while True:
            try:
                return worker.results.get(timeout=pause)
            except Empty:
                left = self._limit - (self._cpu(worker.thread) - began)
            if left <= 0:
                self._abandon(worker)
                raise TimeoutError
            if time.monotonic() >= until:
                self._abandon(worker)
                raise UnavailableError("what an expression reads cannot be reached, try again")
            pause = max(left, 0.05)

    def _abandon(self, worker: _Worker) -> None:
        worker.stop()  # it ends when its evaluation does
        self._strays.append(worker.thread)
        self._worker = None


def watched(work: Callable[[], _Value]) -> _Value:
    """Evaluate in the worker of this thread's watchdog, or at once where it has none."""
    watchdog = _current.watchdog
    return work() if watchdog is None else watchdog.evaluate(work)
