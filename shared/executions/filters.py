"""The filter of executions: for lists, and for operations on many at once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import StringConstraints

from shared.executions.models import Execution, Status
from shared.executions.task_runs import TaskRun, TaskStatus
from shared.flows.models import has_label
from shared.ids import highest_id_at, lowest_id_at

Index = Literal["recent", "by-flow", "by-correlation", "by-origin"]

Word = Annotated[str, StringConstraints(min_length=1, max_length=500)]
"""A value to look for in an index, whose keys have at most 2,048 bytes."""
TriggerId = Annotated[str, StringConstraints(min_length=1, max_length=100)]
"""The id of what starts executions, most often a UUID."""


@dataclass(frozen=True)
class Partition:
    """One value of an index; `is_retry` says which of its executions are looked at, None: all."""

    index: Index
    value: str
    is_retry: bool | None = None


@dataclass(frozen=True, kw_only=True)
class ExecutionFilter:
    """The fields by which a list is filtered; None or none leaves one out.

    A `label` is `key:value`, of `statuses` one must hold. `trigger_id` is that of the trigger as
    an execution shows it: of a child its parent's, of a retry that of what it retries.
    """

    flow_id: str | None = None
    namespace: str | None = None
    statuses: tuple[Status, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    label: str | None = None
    correlation_id: str | None = None
    trigger_type: str | None = None
    trigger_id: str | None = None
    parent_id: str | None = None
    retry_of: str | None = None
    test: bool | None = None

    def partition(self, tenant: str) -> Partition:
        """Return the narrowest index, and the value to look for in it."""
        origin = self.retry_of or self.parent_id or self.trigger_id
        if origin:
            return Partition("by-origin", f"{tenant}#{origin}", self._is_retry())
        if self.correlation_id:
            return Partition("by-correlation", f"{tenant}#{self.correlation_id}")
        if self.flow_id:
            return Partition("by-flow", f"{tenant}#{self.flow_id}")
        return Partition("recent", tenant)

    def _is_retry(self) -> bool | None:
        if self.retry_of:
            return True
        return False if self.parent_id else None

    def bounds(self) -> tuple[str, str]:
        """Return the lowest and highest id of the range of time: ids are made of time."""
        low = lowest_id_at(self.since) if self.since else "0"
        high = highest_id_at(self.until) if self.until else "g"
        return low, high

    def accepts(self, execution: Execution) -> bool:
        return (
            (self.flow_id is None or execution.flow_id == self.flow_id)
            and (self.namespace is None or execution.namespace == self.namespace)
            and (not self.statuses or execution.status in self.statuses)
            and self.correlation_id in {None, execution.correlation_id}
            and self.test in {None, execution.test}
            and self._has_label(execution)
            and self._has_origin(execution)
        )

    def _has_label(self, execution: Execution) -> bool:
        return self.label is None or has_label(execution.labels, self.label)

    def _has_origin(self, execution: Execution) -> bool:
        parent = execution.parent and execution.parent.execution_id
        return (
            self.trigger_type in {None, execution.trigger_type}
            and self.trigger_id in {None, execution.trigger.id}
            and self.parent_id in {None, parent}
            and self.retry_of in {None, execution.retry_of}
        )


@dataclass(frozen=True, kw_only=True)
class TaskRunFilter:
    """The fields by which the task runs of an execution are filtered; None or none: all."""

    task_name: str | None = None
    statuses: tuple[TaskStatus, ...] = ()

    def accepts(self, run: TaskRun) -> bool:
        return self.task_name in {None, run.task_name} and (
            not self.statuses or run.status in self.statuses
        )


EVERY_RUN = TaskRunFilter()
