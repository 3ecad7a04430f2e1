"""The order in which open executions are looked at."""

from typing import Any

from shared.executions.store.keys import OPEN_SHARDS
from shared.executions.store.repository import ExecutionRepository


class Table:
    """An index with one execution in each shard."""

    def query(self, **query: Any) -> dict[str, Any]:
        shard, _ = query["KeyConditionExpression"].get_expression()["values"]
        [_, name] = shard.get_expression()["values"]
        return {"Items": [{"pk": f"default#{name}", "sk": "execution"}]}


def test_no_shard_is_always_behind_the_others():
    table: Any = Table()
    repository = ExecutionRepository(table)

    orders = [[each.execution_id for each in repository.overdue(now=None)] for _ in range(200)]  # type: ignore[union-attr]  # no lines here

    assert {order[0].rpartition("#")[2] for order in orders} == {"0", "1", "2", "3"}
    assert all(len(order) == len(set(order)) == len(OPEN_SHARDS) for order in orders)
