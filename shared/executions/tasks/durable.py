"""Durable tasks: those whose end comes from outside, by people or other executions.

A turn polls each of its open durable tasks when it starts, when one is due, and once a second
while something else runs. A poll may be repeated, by the next turn after a crash as well: what it
creates must get the same id again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from shared.executions.models import Execution
from shared.executions.task_runs import Failure, LogLine, TaskRun, TaskStatus
from shared.expressions import Scope


@dataclass(frozen=True)
class Poll:
    """One poll of one task; `run` is its record, `properties` are rendered.

    `key` names this attempt of the task in its execution (name, attempts of its containers,
    iteration, its own attempt), `started_at` is when it could begin: the same in every poll.
    """

    execution: Execution
    key: str
    task_name: str
    attempt: int
    run: TaskRun | None
    properties: Mapping[str, Any]
    scope: Scope
    started_at: datetime
    now: datetime


class NotNowError(Exception):
    """The mark of a poll that cannot be made now, through nobody's fault: nothing was made."""


@dataclass(frozen=True)
class DurableState:
    """The state of a durable task: open (PAUSED for people, RUNNING otherwise) or ended.

    At `due_at` an open one must be polled again, if nothing happens before. `lines` are new in the
    task's log.
    """

    status: TaskStatus
    outputs: Mapping[str, Any] | None = None
    error: Failure | None = None
    due_at: datetime | None = None
    lines: tuple[LogLine, ...] = ()


class DurableTask(Protocol):
    """One kind of durable task."""

    def step(self, poll: Poll) -> DurableState:
        """Begin the task or see how it stands; PluginError fails it, NotNowError puts it off."""
        ...

    def cancel(self, poll: Poll) -> DurableState | None:
        """Tell whoever works on the task that it is cancelled; return the end, if that came first.

        A poll may never have been made, or be made at the same time by a turn that is past.
        """
        ...

    def keep_until(self, execution: Execution, run: TaskRun, at: datetime) -> None:
        """Let the records outside of a settled task expire at a moment: its execution goes too."""
        ...


DurableTasks = Mapping[str, DurableTask]
"""The kinds there are, by plugin id."""
