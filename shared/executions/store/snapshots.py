"""The states of an execution that are read at once, and those a turn or an end writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.executions.models import Execution, Status
from shared.executions.task_runs import Failure, Stored, TaskRun, TaskStatus

FENCE_STEP = 1_000_000
"""The turns a generation may take before its fences would reach the next one's."""


@dataclass(frozen=True)
class ExecutionState:
    """The state of an execution: one consistent read; `runs` by the keys of their rows.

    `earlier` is what past attempts of the whole execution recorded, first things first, `turns` how
    many its segment has taken.
    """

    execution: Execution
    runs: Mapping[str, TaskRun]
    earlier: Sequence[TaskRun] = ()
    turns: int = 0

    @property
    def tasks_executed(self) -> int:
        """The tasks that came to an end of their own, as far as their rows were read."""
        ends = {TaskStatus.SUCCESS, TaskStatus.FAILED, TaskStatus.TIMED_OUT}
        return len({run.task_name for run in self.runs.values() if run.status in ends})


@dataclass(frozen=True)
class TurnFence:
    """The right of a turn to write, and how often its segment had been woken when it began (ADR 4).

    `superseded_token` is that of the previous generation's run, if it was suspended. Turns have
    waited for secrets that could not be read since `unread_since`.
    """

    fence: int
    wakes: int = 0
    superseded_token: str | None = field(default=None, compare=False, repr=False)
    unread_since: datetime | None = field(default=None, compare=False)

    @property
    def turn(self) -> int:
        """The number of the turn, from 1, over all generations."""
        return self.fence % FENCE_STEP


@dataclass(frozen=True)
class Suspension:
    """The state of an execution that waits: `is_paused` when for people alone.

    At `wake_at` something in it is due; at `check_at` the reconciler checks it.
    """

    is_paused: bool
    wake_at: datetime | None
    check_at: datetime


@dataclass(frozen=True)
class End:
    """The end of an execution."""

    status: Status
    tasks_executed: int
    outputs: Mapping[str, Any] | None = None
    error: Failure | None = None
    stored_outputs: Stored | None = None


@dataclass(frozen=True)
class DueExecution:
    """An open execution that is due for a look."""

    tenant: str
    execution_id: str


@dataclass(frozen=True)
class DueGroup:
    """A concurrency group in which somebody waits, due for a check."""

    group: str
