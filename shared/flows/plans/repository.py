"""Frozen plans in DynamoDB; a revision never changes, so a warm function reads each only once."""

from collections import OrderedDict
from functools import cache
from typing import TYPE_CHECKING

from shared.aws import table
from shared.config import FlowsTableSettings, settings
from shared.flows.plans import built_in
from shared.flows.plans.plan import Plan, unpack_plan

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_CACHED_PLANS = 32


def revision_key(tenant: str, flow_id: str, revision: int, part: str) -> dict[str, str]:
    """Return the key of a revision's `source` or `plan` item."""
    return {"pk": f"{tenant}#flow#{flow_id}", "sk": f"revision#{revision:08d}#{part}"}


class PlanRepository:
    def __init__(self, table: "Table") -> None:
        self._table = table
        self._cache: OrderedDict[tuple[str, str, int], Plan] = OrderedDict()

    def get(self, tenant: str, flow_id: str, revision: int) -> Plan:
        """Return the plan of a revision that some execution names; LookupError when it is gone."""
        key = (tenant, flow_id, revision)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        plan = self._read(*key)
        self._cache[key] = plan
        while len(self._cache) > _CACHED_PLANS:
            self._cache.popitem(last=False)
        return plan

    def _read(self, tenant: str, flow_id: str, revision: int) -> Plan:
        if built_in.is_built_in(flow_id):
            return built_in.plan_of(flow_id, revision)
        key = revision_key(tenant, flow_id, revision, "plan")
        # Consistent: a flow may be executed in the same second as it is saved.
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        if item is None:
            raise LookupError(f"no plan of flow {flow_id}, revision {revision}")
        return unpack_plan(bytes(item["plan"]))  # type: ignore[arg-type]  # a Binary


@cache
def plan_repository() -> PlanRepository:
    return PlanRepository(table(settings(FlowsTableSettings).flows_table_name))
