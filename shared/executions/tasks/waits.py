"""The length of a `flow.wait`, read from its properties."""

from dataclasses import dataclass
from datetime import datetime

from shared.executions.task_runs import Failure, TaskStatus
from shared.executions.tasks.outcomes import Outcome, serialised
from shared.executions.tasks.timeouts import _duration, read_timeout
from shared.expressions import Scope, render_tree
from shared.flows.language.definition import TaskDefinition
from shared.messages import Message, reason
from shared.plugins.sdk.plugin import PluginError
from shared.times import from_rfc3339


@dataclass(frozen=True)
class Wait:
    """A wait under way; `is_cut` when the task's own time-out comes first."""

    started_at: datetime
    due_at: datetime
    is_cut: bool


def read_wait(task: TaskDefinition, scope: Scope, started_at: datetime) -> Wait:
    """Return the wait that began at `started_at`, with its end; PluginError if unreadable."""
    properties = render_tree(task.properties, scope, "properties")
    if properties.get("until") is not None:
        due_at = _instant(properties["until"])
    elif properties.get("duration") is not None:
        due_at = started_at + _duration(properties["duration"], "properties.duration")
    else:
        raise PluginError("give duration or until", code="invalid_properties")
    timeout = read_timeout(task, scope)
    if timeout is not None and started_at + timeout < due_at:
        return Wait(started_at, started_at + timeout, is_cut=True)
    return Wait(started_at, due_at, is_cut=False)


def waited(wait: Wait, now: datetime) -> Outcome:
    """Return the outcome of a wait that is over."""
    if wait.is_cut:
        failure = Failure(code="timeout", message="timed out while waiting")
        return Outcome(TaskStatus.TIMED_OUT, error=failure)
    milliseconds = round((now - wait.started_at).total_seconds() * 1000)
    return Outcome(TaskStatus.SUCCESS, outputs=serialised({"waitedMs": milliseconds}))


def _instant(value: object) -> datetime:
    try:
        return from_rfc3339(str(value))
    except ValueError as error:
        raise PluginError(
            Message("properties.until: {why}", why=reason(error)), code="invalid_properties"
        ) from None
