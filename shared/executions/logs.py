"""Log lines of a task: ordered, levelled, bounded; they travel in the task run's own row."""

from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Lock

from shared.executions.task_runs import LogLine, shortened

LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR")
MAX_LINES = 500
MAX_TOTAL_BYTES = 60_000
"""The log of a task run: with the largest output (300 KB) a row stays under DynamoDB's 400 KB."""


class LogBuffer:
    """The collected lines of one attempt; a line over a limit is cut, and says so.

    Masked before it is cut: half a secret would not be found any more.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        minimum: str | None = None,
        attempt: int = 1,
        mask: Callable[[str], str] = str,
    ) -> None:
        self._clock = clock
        self._mask = mask
        self._attempt = attempt
        self._minimum = LEVELS.index(minimum) if minimum in LEVELS else 0
        self._lines: list[LogLine] = []
        self._bytes = 0
        self._is_full = False
        self._lock = Lock()

    def add(self, level: str, message: str) -> None:
        """Store a line; below the task's `logLevel` it is dropped."""
        if level in LEVELS and LEVELS.index(level) < self._minimum:
            return
        text = shortened(self._mask(message))
        with self._lock:
            line = LogLine(
                timestamp=self._clock(), level=level, message=text, attempt=self._attempt
            )
            self._append(line)

    def lines(self) -> tuple[LogLine, ...]:
        with self._lock:
            return tuple(self._lines)

    def _append(self, line: LogLine) -> None:
        if self._is_full:
            return
        self._bytes += _size(line)
        if len(self._lines) >= MAX_LINES or self._bytes > MAX_TOTAL_BYTES:
            self._is_full = True
            line = line.model_copy(update={"level": "WARN", "message": "more lines were cut"})
        self._lines.append(line)


def log_size(lines: Sequence[LogLine]) -> int:
    """Return about how many bytes lines take in a row."""
    return sum(map(_size, lines))


def joined(earlier: Sequence[LogLine], later: Sequence[LogLine]) -> tuple[LogLine, ...]:
    """Return the lines of several attempts, within the bounds of one; the oldest give way."""
    kept: list[LogLine] = []
    room = MAX_TOTAL_BYTES
    for line in reversed((*earlier, *later)):
        room -= _size(line)
        if room < 0 or len(kept) >= MAX_LINES:
            break
        kept.append(line)
    return tuple(reversed(kept))


def _size(line: LogLine) -> int:
    return len(line.message.encode(errors="replace")) + 60
