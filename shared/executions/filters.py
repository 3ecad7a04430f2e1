"""The filter of executions: for lists, and for operations on many at once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import StringConstraints

from shared.executions.models import Execution, Status
from shared.flows.models import has_label
from shared.ids import highest_id_at, lowest_id_at

Index = Literal["recent", "by-flow", "by-correlation"]

Word = Annotated[str, StringConstraints(max_length=500)]
"""A value to look for in an index, whose keys have at most 2,048 bytes."""


@dataclass(frozen=True)
class ExecutionFilter:
    """The fields by which a list is filtered; None leaves one out, a `label` is `key:value`."""

    flow_id: str | None = None
    namespace: str | None = None
    status: Status | None = None
    since: datetime | None = None
    until: datetime | None = None
    label: str | None = None
    correlation_id: str | None = None

    def index(self, tenant: str) -> tuple[Index, str]:
        """Return the narrowest index, and the value to look for in it."""
        if self.correlation_id:
            return "by-correlation", f"{tenant}#{self.correlation_id}"
        if self.flow_id:
            return "by-flow", f"{tenant}#{self.flow_id}"
        return "recent", tenant

    def bounds(self) -> tuple[str, str]:
        """Return the lowest and highest id of the range of time: ids are made of time."""
        low = lowest_id_at(self.since) if self.since else "0"
        high = highest_id_at(self.until) if self.until else "g"
        return low, high

    def accepts(self, execution: Execution) -> bool:
        return (
            (self.flow_id is None or execution.flow_id == self.flow_id)
            and (self.namespace is None or execution.namespace == self.namespace)
            and (self.status is None or execution.status is self.status)
            and self.correlation_id in {None, execution.correlation_id}
            and self._has_label(execution)
        )

    def _has_label(self, execution: Execution) -> bool:
        return self.label is None or has_label(execution.labels, self.label)
