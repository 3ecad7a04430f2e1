"""Executions found by an index, in the order of time: keys from it, rows from the table."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key

from shared.dynamodb import Sleep, batch_get
from shared.executions.filters import Index, Partition
from shared.executions.models import Execution
from shared.executions.store.items import IN_SUMMARIES, execution_from_item, is_over
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
    "by-origin": "originOf",
}


class ExecutionIndex:
    """The reader of indexes, which carry little but keys, so that each write stays cheap."""

    def __init__(
        self,
        table: "Table",
        now: Callable[[], datetime] = utc_now,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._table = table
        self._now = now
        self._sleep = sleep

    def find_many(
        self, tenant: str, ids: Sequence[str], *, is_summary: bool = False
    ) -> list[Execution]:
        """Return executions by id, in the order asked for; those that are gone are left out.

        A summary has neither inputs nor outputs, whatever is stored.
        """
        keys = [execution_key(tenant, execution_id) for execution_id in ids]
        named = IN_SUMMARIES if is_summary else ()
        found = {
            str(item["id"]): execution_from_item(item)
            for item in batch_get(self._table, keys, attributes=named, sleep=self._sleep)
            if not is_over(item, self._now())
        }
        return [found[execution_id] for execution_id in ids if execution_id in found]

    def page_of_ids(
        self,
        of: Partition,
        *,
        bounds: tuple[str, str],
        limit: int,
        after: str | None,
        is_oldest_first: bool = False,
    ) -> tuple[list[str], str | None]:
        """Return ids of a partition between two ids, and the id to go on behind: None at the end.

        They are newest first unless said otherwise. `after` is the id behind which the page starts.
        At most `limit` ids are read; of those that are not looked for none is returned.
        """
        low, high = bounds
        if low > high:
            return [], None  # DynamoDB refuses such a range
        key = INDEX_KEYS[of.index]
        query: dict[str, Any] = {
            "IndexName": of.index,
            "KeyConditionExpression": Key(key).eq(of.value) & Key("id").between(low, high),
            "ScanIndexForward": is_oldest_first,
            "Limit": limit,
        }
        if of.is_retry is not None:
            is_retry = Attr("retryOf")
            query["FilterExpression"] = is_retry.exists() if of.is_retry else is_retry.not_exists()
        if after:
            if not low <= after <= high:
                raise foreign_cursor()  # DynamoDB refuses to begin outside of a range
            tenant = of.value.partition("#")[0]
            start = {**execution_key(tenant, after), key: of.value, "id": after}
            query["ExclusiveStartKey"] = start
        answer = self._table.query(**query)
        last: Any = answer.get("LastEvaluatedKey", {}).get("id")
        return [str(item["id"]) for item in answer["Items"]], last


@cache
def execution_index() -> ExecutionIndex:
    return ExecutionIndex(executions_table())
