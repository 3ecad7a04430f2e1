"""Whether executions of a flow are still open, asked of the sparse index that reconciling uses."""

from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

OPEN_INDEX = "open"
OPEN_SHARDS = ("open#0", "open#1", "open#2", "open#3")


class OpenExecutions:
    """A reader of the executions table; the index lags by some milliseconds."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def exist_for(self, flow_id: str) -> bool:
        return any(self._shard_has(shard, flow_id) for shard in OPEN_SHARDS)

    def _shard_has(self, shard: str, flow_id: str) -> bool:
        start: dict[str, Any] = {}
        while True:
            answer = self._table.query(
                IndexName=OPEN_INDEX,
                KeyConditionExpression=Key("openShard").eq(shard),
                FilterExpression=Attr("flowId").eq(flow_id),
                **start,
            )
            if answer["Items"] or "LastEvaluatedKey" not in answer:
                return bool(answer["Items"])
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
