"""Executions found by an index, newest first: keys from the index, rows from the table."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key

from shared.dynamodb import Sleep, batch_get
from shared.executions.filters import Index
from shared.executions.models import Execution
from shared.executions.store.items import execution_from_item, is_over
from shared.executions.store.keys import execution_key
from shared.executions.store.table import executions_table
from shared.paging import foreign_cursor
from shared.times import utc_now

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

INDEX_KEYS: Mapping[Index, str] = {
    "recent": "recentOf",
    "by-flow": "flowOf",
    "by-correlation": "correlationOf",
}


class ExecutionIndex:
    """The reader of indexes, which carry keys only, so that each write stays cheap."""

    def __init__(
        self,
        table: "Table",
        now: Callable[[], datetime] = utc_now,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._table = table
        self._now = now
        self._sleep = sleep

    def find_many(self, tenant: str, ids: Sequence[str]) -> list[Execution]:
        """Return executions by id, in the order asked for; those that are gone are left out."""
        keys = [execution_key(tenant, execution_id) for execution_id in ids]
        found = {
            str(item["id"]): execution_from_item(item)
            for item in batch_get(self._table, keys, sleep=self._sleep)
            if not is_over(item, self._now())
        }
        return [found[execution_id] for execution_id in ids if execution_id in found]

    def page_of_ids(
        self, index: Index, value: str, *, bounds: tuple[str, str], limit: int, after: str | None
    ) -> tuple[list[str], bool]:
        """Return ids in one index, newest first, between two ids; and whether there may be more.

        `after` is the id behind which the page starts.
        """
        low, high = bounds
        if low > high:
            return [], False  # DynamoDB refuses such a range
        key = INDEX_KEYS[index]
        query: dict[str, Any] = {
            "IndexName": index,
            "KeyConditionExpression": Key(key).eq(value) & Key("id").between(low, high),
            "ScanIndexForward": False,
            "Limit": limit,
        }
        if after:
            if not low <= after <= high:
                raise foreign_cursor()  # DynamoDB refuses to begin outside of a range
            tenant = value.partition("#")[0]
            query["ExclusiveStartKey"] = {**execution_key(tenant, after), key: value, "id": after}
        answer = self._table.query(**query)
        return [str(item["id"]) for item in answer["Items"]], "LastEvaluatedKey" in answer


@cache
def execution_index() -> ExecutionIndex:
    return ExecutionIndex(executions_table())
