"""Bounds of what is stored of an execution, so that no row outgrows DynamoDB's 400 KB."""

from datetime import datetime
from typing import TypeVar

from shared.executions.task_runs import Failure, LogLine, TaskRun, TaskStatus, shortened

MAX_EXECUTION_BYTES = 100_000_000
"""The outputs of all tasks of an execution together: a turn holds those of the rows in memory."""
MAX_EXECUTION_LOG_BYTES = 10_000_000
"""The log lines of all tasks: as objects each takes some hundred bytes more than its text."""

Told = TypeVar("Told", Failure, LogLine)


def within_bounds(run: TaskRun) -> TaskRun:
    """Cut a task run's failure and its lines, whoever wrote them, to a bearable length."""
    if not run.logs and not run.error:
        return run
    lines = tuple(bearable(line) for line in run.logs)
    return run.model_copy(update={"error": run.error and bearable(run.error), "logs": lines})


def bearable(told: Told) -> Told:
    """Cut a failure or a line to a length that its row can hold."""
    message = shortened(told.message)
    return told if message is told.message else told.model_copy(update={"message": message})


def refused(run: TaskRun, now: datetime) -> TaskRun:
    """Return a task run that is FAILED because its outputs are too much for its execution."""
    message = f"the outputs of one execution take {MAX_EXECUTION_BYTES} bytes at most"
    line = LogLine(timestamp=now, level="ERROR", message=message, attempt=run.attempt)
    return run.model_copy(
        update={
            "status": TaskStatus.FAILED,
            "outputs": None,
            "error": Failure(code="output_too_large", message=message),
            "logs": (*run.logs, line),
        }
    )


def without_log(run: TaskRun, now: datetime) -> TaskRun:
    """Return a task run without its log, but for a last ERROR line: the execution's log is full."""
    ends = [line for line in run.logs[-1:] if line.level == "ERROR"]
    message = f"the log of the execution is full; lines cut here: {len(run.logs) - len(ends)}"
    cut = LogLine(timestamp=now, level="WARN", message=message, attempt=run.attempt)
    return run.model_copy(update={"logs": (*ends, cut)})
