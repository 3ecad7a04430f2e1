"""The executions that a bulk operation takes: chosen once, then cut into batches."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, StrictBool

from shared.executions.filters import ExecutionFilter, TriggerId, Word
from shared.executions.models import (
    OPEN_STATUSES,
    RETRYABLE_STATUSES,
    Execution,
    Status,
    TriggerType,
)
from shared.executions.store.indexes import ExecutionIndex, execution_index
from shared.executions.store.open_executions import OpenExecutions, open_executions
from shared.flows.models import Label
from shared.flows.plans.built_in import is_built_in
from shared.ids import ExecutionId, FlowId
from shared.names import Namespace
from shared.records import Record
from shared.times import Instant

PAGE = 100
MAX_STATUSES = 100
EVERYTHING = "g"
"""The bound that sorts behind every id."""


def _as_list(status: Any) -> Any:
    """Make a list of one; a longer one than makes sense would cost seconds to look through."""
    if isinstance(status, list) and len(status) > MAX_STATUSES:
        raise ValueError(f"must have at most {MAX_STATUSES} items")
    return [status] if isinstance(status, str) else status


Statuses = Annotated[
    tuple[Status, ...],
    Field(min_length=1),
    BeforeValidator(
        _as_list, json_schema_input_type=Status | Annotated[list[Status], Field(min_length=1)]
    ),
]
"""One status, or a list of those of which one must hold."""


class BulkFilter(Record):
    """The fields that select executions: all that are given must hold; the same as the list's."""

    model_config = ConfigDict(extra="forbid")

    flow_id: FlowId | None = None
    namespace: Namespace | None = None
    status: Statuses | None = None
    since: Instant | None = None
    until: Instant | None = None
    label: Label | None = None
    correlation_id: Word | None = None
    trigger_type: TriggerType | None = None
    trigger_id: TriggerId | None = None
    parent_id: ExecutionId | None = None
    retry_of: ExecutionId | None = None
    test: StrictBool | None = None

    @property
    def is_empty(self) -> bool:
        return not self.model_dump(exclude_none=True)

    def wanted(self) -> ExecutionFilter:
        said = {name: getattr(self, name) for name in BulkFilter.model_fields if name != "status"}
        return ExecutionFilter(**said, statuses=self.status or ())


@dataclass(frozen=True)
class Selector:
    """The ids of one tenant's executions, none newer than `up_to`, no bulk operations."""

    open_executions: OpenExecutions
    pages: ExecutionIndex

    def open(self, tenant: str, chosen: BulkFilter, up_to: str = EVERYTHING) -> list[str]:
        """Return the ids of open executions, in the order in which they are best cancelled.

        Who waits for a slot goes before who would free one, a parent before its children (such a
        cancel would fail it), the newest before others.
        """
        wanted = chosen.wanted()
        low, high = wanted.bounds()
        # One whose next look moves while the index is read is met twice.
        found = set(self.open_executions.of_flow(wanted.flow_id))
        ids = sorted(
            (each for owner, each in found if owner == tenant and low <= each <= min(high, up_to)),
            reverse=True,
        )
        ranked = [
            (not execution.is_waiting, execution.depth, execution.id)
            for start in range(0, len(ids), PAGE)
            for execution in self.pages.find_many(tenant, ids[start : start + PAGE])
            if execution.status in OPEN_STATUSES and _is_meant(execution, wanted)
        ]
        return [each for *_, each in sorted(ranked, key=lambda rank: rank[:2])]

    def retryable(self, tenant: str, chosen: BulkFilter, up_to: str = EVERYTHING) -> list[str]:
        """Return the ids of executions that can be retried and have not been, oldest first."""
        wanted = chosen.wanted()
        low, high = wanted.bounds()
        # Ids and flows only: executions with their inputs would take far more than there is.
        retried, found = set[str](), list[tuple[str, str]]()
        # A retry is newer than what it retries, so it is met before it.
        for execution in self._newest(tenant, wanted, (low, up_to)):
            if execution.retry_of:
                retried.add(execution.retry_of)
            if (
                execution.id <= high
                and execution.id not in retried
                and execution.status in RETRYABLE_STATUSES
                and _is_meant(execution, wanted)
            ):
                found.append((execution.id, execution.flow_id))
        if wanted.partition(tenant).index in {"by-correlation", "by-origin"}:
            # A retry may have another, and would not be met above.
            retried |= self._retried(tenant, found, up_to)
        return [each for each, _ in reversed(found) if each not in retried]

    def _retried(self, tenant: str, found: Iterable[tuple[str, str]], up_to: str) -> set[str]:
        """Return the ids that were retried: of these executions (ids and flows, newest first).

        Reads the flows' executions from the oldest of them up to `up_to`.
        """
        oldest = {flow_id: execution_id for execution_id, flow_id in found}
        return {
            execution.retry_of
            for flow_id, low in oldest.items()
            for execution in self._newest(tenant, ExecutionFilter(flow_id=flow_id), (low, up_to))
            if execution.retry_of
        }

    def _newest(
        self, tenant: str, wanted: ExecutionFilter, bounds: tuple[str, str]
    ) -> Iterator[Execution]:
        partition, after = wanted.partition(tenant), None
        while True:
            ids, after = self.pages.page_of_ids(partition, bounds=bounds, limit=PAGE, after=after)
            yield from self.pages.find_many(tenant, ids)
            if after is None:
                return


def _is_meant(execution: Execution, wanted: ExecutionFilter) -> bool:
    return not is_built_in(execution.flow_id) and wanted.accepts(execution)


@cache
def selector() -> Selector:
    return Selector(open_executions(), execution_index())
