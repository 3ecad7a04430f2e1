"""The open executions of flows, read from the sparse index that reconciling uses."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key

from shared.dynamodb import query_all
from shared.executions.store.table import executions_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

OPEN_INDEX = "open"
OPEN_SHARDS = ("open#0", "open#1", "open#2", "open#3")


class OpenExecutions:
    """A reader of the executions table; the index lags by some milliseconds."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def exist_for(self, flow_id: str) -> bool:
        return any(True for _ in self.of_flow(flow_id))

    def of_flow(self, flow_id: str | None) -> Iterator[tuple[str, str]]:
        """Yield tenant and id of each open execution of a flow; of all flows, if none is named."""
        chosen: dict[str, Any] = {"FilterExpression": Attr("flowId").eq(flow_id)} if flow_id else {}
        for shard in OPEN_SHARDS:
            of_shard = Key("openShard").eq(shard)
            for item in query_all(
                self._table, IndexName=OPEN_INDEX, KeyConditionExpression=of_shard, **chosen
            ):
                tenant, _, execution_id = str(item["pk"]).rpartition("#")
                yield tenant, execution_id


@cache
def open_executions() -> OpenExecutions:
    return OpenExecutions(executions_table())
