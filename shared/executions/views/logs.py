"""Log lines of an execution, as clients filter and read them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.executions.logs import LEVELS
from shared.executions.task_runs import LogLine, TaskRun


class ExecutionLogLine(LogLine):
    """A line with its place; `seq` counts from 1 through the execution, in order of time."""

    seq: int
    execution_id: str
    task_name: str
    attempt: int
    iteration: str | None = None


@dataclass(frozen=True)
class LogFilter:
    """The lines a client wants: from a level up, of a task, since a moment."""

    level: str | None = None
    task_name: str | None = None
    since: datetime | None = None

    def accepts(self, line: ExecutionLogLine) -> bool:
        is_loud = self.level is None or LEVELS.index(line.level) >= LEVELS.index(self.level)
        is_its = self.task_name is None or line.task_name == self.task_name
        return is_loud and is_its and (self.since is None or line.timestamp >= self.since)


EVERY_LINE = LogFilter()


def _lines(execution_id: str, runs: Iterable[TaskRun]) -> Iterator[ExecutionLogLine]:
    """Number the lines; those of one millisecond stay in the order of the text."""
    lines = sorted(
        ((line, run) for run in runs for line in run.logs), key=lambda pair: pair[0].timestamp
    )
    for seq, (line, run) in enumerate(lines, start=1):
        yield ExecutionLogLine(
            timestamp=line.timestamp,
            level=line.level,
            message=line.message,
            seq=seq,
            execution_id=execution_id,
            task_name=run.task_name,
            attempt=line.attempt,
            iteration=run.iteration,
        )
