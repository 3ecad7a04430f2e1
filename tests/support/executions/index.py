"""The indexes of executions in memory: what the table's own would find."""

from collections.abc import Sequence
from typing import Any

from shared.executions.filters import Index, Partition
from shared.executions.models import Execution
from shared.executions.store.indexes import ExecutionIndex


class InMemoryIndex(ExecutionIndex):
    """Finds executions as the indexes do, in the same order and in the same pages."""

    def __init__(self, *executions: Execution) -> None:
        self.executions = {(each.tenant, each.id): each for each in executions}

    def find_many(
        self, tenant: str, ids: Sequence[str], *, is_summary: bool = False
    ) -> list[Execution]:
        assert len(set(ids)) == len(ids), "DynamoDB refuses a key that is asked for twice"
        found = (self.executions.get((tenant, each)) for each in ids)
        none: dict[str, Any] = {"inputs": {}, "outputs": None} if is_summary else {}
        return [each.model_copy(update=none) for each in found if each]

    def page_of_ids(
        self,
        of: Partition,
        *,
        bounds: tuple[str, str],
        limit: int,
        after: str | None,
        is_oldest_first: bool = False,
    ) -> tuple[list[str], str | None]:
        low, high = bounds
        ids = sorted(
            (each.id for each in self._inside(of) if low <= each.id <= high),
            reverse=not is_oldest_first,
        )
        rest = [
            each
            for each in ids
            if after is None or (each > after if is_oldest_first else each < after)
        ]
        read = rest[:limit]
        retries = {each.id for each in self._inside(of) if each.retry_of}
        wanted = [each for each in read if of.is_retry in {None, each in retries}]
        return wanted, read[-1] if len(rest) > limit else None

    def _inside(self, of: Partition) -> list[Execution]:
        return [each for each in self.executions.values() if _value(each, of.index) == of.value]


def _value(execution: Execution, index: Index) -> str | None:
    named = {
        "recent": "",
        "by-flow": execution.flow_id,
        "by-correlation": execution.correlation_id,
        "by-origin": execution.origin_id,
    }[index]
    if named == "":
        return execution.tenant
    return None if named is None else f"{execution.tenant}#{named}"
