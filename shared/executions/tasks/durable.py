"""Tasks whose end comes from outside: people, other executions. A turn asks, nothing waits inside.

A kind of such tasks is an `DurableTask`. A turn visits each of its open tasks when it starts, when
what it named as due has come, and once a second while something else runs. A visit may be
repeated, by the next turn after a crash as well: what it makes has an id that it makes again.
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
    """One look at one task; `run` is what is recorded of it, `properties` are rendered.

    `key` names this attempt of the task in its execution (name, attempts of the containers round
    it, iteration, its own attempt), `started_at` is when it could begin: the same in every visit.
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
    """One kind of task that ends outside."""

    def step(self, poll: Poll) -> DurableState:
        """Begin the task or see how it stands; PluginError fails it."""
        ...

    def cancel(self, poll: Poll) -> DurableState | None:
        """Tell whoever works on the task that it is cancelled; return the end, if that came first.

        A poll may never have been made, or be made at the same time by a turn that is past.
        """
        ...

    def keep_until(self, execution: Execution, run: TaskRun, at: datetime) -> None:
        """Let what is kept of a settled task outside go at a moment, its execution being gone."""
        ...


DurableTasks = Mapping[str, DurableTask]
"""The kinds there are, by plugin id."""
