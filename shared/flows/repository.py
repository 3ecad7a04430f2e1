"""Flows in their table: conditions, pages, and everything of one change in one transaction."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key

from shared.aws import table
from shared.config import FlowsTableSettings, settings
from shared.dynamodb import (
    Reason,
    Sleep,
    Write,
    batch_get,
    delete,
    named,
    put,
    query_all,
    transact_once,
)
from shared.errors import FlowChangedError, FlowNameTakenError, UnavailableError
from shared.flows import items
from shared.flows.items import Item
from shared.flows.models import FlowRecord, FlowRevision, Revision, is_full_name
from shared.ids import is_id

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

IS_NEW = "attribute_not_exists(pk)"
IS_UNCHANGED = "version = :version"

_CHANGED = frozenset({Reason.CONDITION, Reason.CONFLICT})


class FlowRepository:
    """The flows of one tenant.

    A flow is a small item; its name is one more, so that it is taken once; a revision is two: the
    text and the packed plan. Revisions outlive their flow: executions are read with them.
    """

    def __init__(self, table: "Table", tenant: str, sleep: Sleep = time.sleep) -> None:
        self._table = table
        self._tenant = tenant
        self._sleep = sleep

    def add(self, flow: FlowRecord, revision: Revision, also: Sequence[Write] = ()) -> None:
        """Store a new flow; raises FlowNameTakenError, or FlowChangedError: try again.

        `also`, here and below, are writes to other tables that are made with it.
        """
        writes: dict[str, Write] = {"flow": put(items.flow_item(self._tenant, flow), IS_NEW)}
        writes |= self._name(flow) | self._revision(flow.id, revision) | named("also", also)
        self._write(writes, flow)

    def replace(
        self,
        old: FlowRecord,
        new: FlowRecord,
        *,
        revision: Revision | None = None,
        plan: bytes | None = None,
        also: Sequence[Write] = (),
    ) -> None:
        """Store a flow's next version, with its next text, or the plan its text lacked so far.

        Raises FlowChangedError when `old` is no longer what is stored, and FlowNameTakenError.
        """
        flow = items.flow_item(self._tenant, new)
        writes: dict[str, Write] = {"flow": put(flow, IS_UNCHANGED, {":version": old.version})}
        if items.name_key(old) != items.name_key(new):
            writes |= self._name(new) | self._no_name(old)
        if revision:
            writes |= self._revision(new.id, revision)
        elif plan:
            writes["plan"] = put(items.plan_item(self._tenant, new.id, new.revision, plan), IS_NEW)
        self._write(writes | named("also", also), new)

    def remove(self, flow: FlowRecord, also: Sequence[Write] = ()) -> None:
        """Forget a flow and free its name; raises FlowChangedError when it changed meanwhile."""
        key = {"pk": items.flow_partition(self._tenant), "sk": flow.id}
        gone = delete(key, IS_UNCHANGED, {":version": flow.version})
        self._write({"flow": gone} | self._no_name(flow) | named("also", also), flow)

    def find(self, flow_id: str) -> FlowRecord | None:
        """Read one flow, consistently: a start right after a change sees the change.

        What is no id at all names no flow.
        """
        if not is_id(flow_id):
            return None
        item = self._get(items.flow_partition(self._tenant), flow_id)
        return None if item is None else items.flow_record(item)

    def find_named(self, namespace_and_name: str) -> FlowRecord | None:
        """Read the flow with this name (`namespace/name`), consistently.

        What can be no name, a key too long for the table among it, names no flow.
        """
        if not is_full_name(namespace_and_name):
            return None
        flow_id = self._named(namespace_and_name)
        return None if flow_id is None else self.find(flow_id)

    def count_in(self, namespace: str) -> int:
        """Count the flows in a namespace, consistently; the name can be one."""
        return sum(1 for _ in self._names_below(f"{namespace}/"))

    def count_by_namespace(self) -> Mapping[str, int]:
        """Count the flows in each namespace that has any, consistently."""
        return Counter(name.partition("/")[0] for name in self._names_below(""))

    def _names_below(self, prefix: str) -> Iterator[str]:
        """Yield the full names that begin with a prefix: a row each, of a tenth of a kilobyte."""
        partition = Key("pk").eq(items.name_partition(self._tenant))
        found = query_all(
            self._table,
            KeyConditionExpression=partition & Key("sk").begins_with(prefix)
            if prefix
            else partition,
            ProjectionExpression="sk",
            ConsistentRead=True,
        )
        return (str(item["sk"]) for item in found)

    def _named(self, namespace_and_name: str) -> str | None:
        item = self._get(items.name_partition(self._tenant), namespace_and_name)
        return None if item is None else str(item["flowId"])

    def find_text(self, flow_id: str, revision: int) -> str | None:
        found = self.find_revision(flow_id, revision)
        return None if found is None else found.yaml_content

    def find_revision(self, flow_id: str, revision: int) -> FlowRevision | None:
        """Read one content, the current one or one that was replaced."""
        partition = items.revision_partition(self._tenant, flow_id)
        item = self._get(partition, items.source_key(revision))
        return None if item is None else items.flow_revision(item)

    def find_revisions(self, flow_id: str, numbers: Sequence[int]) -> tuple[FlowRevision, ...]:
        """Read contents by their numbers, newest first; the caller bounds how much that is.

        They are asked for by key: between the texts a query would meet the plans.
        """
        partition = items.revision_partition(self._tenant, flow_id)
        keys = [{"pk": partition, "sk": items.source_key(number)} for number in numbers]
        found = batch_get(self._table, keys, consistent=True, sleep=self._sleep)
        newest_first = sorted(found, key=lambda item: str(item["sk"]), reverse=True)
        return tuple(map(items.flow_revision, newest_first))

    def names_like(self, namespace: str, beginning: str) -> frozenset[str]:
        """Read the names of a namespace that begin so, consistently."""
        found = query_all(
            self._table,
            KeyConditionExpression=Key("pk").eq(items.name_partition(self._tenant))
            & Key("sk").begins_with(f"{namespace}/{beginning}"),
            ProjectionExpression="sk",
            ConsistentRead=True,
        )
        return frozenset(str(item["sk"]).partition("/")[2] for item in found)

    def newest(self, limit: int, after: str | None = None) -> tuple[FlowRecord, ...]:
        """Read flows behind the id `after`, newest first; fewer than `limit` only at the end."""
        partition = items.flow_partition(self._tenant)
        start: Item = {"ExclusiveStartKey": {"pk": partition, "sk": after}} if after else {}
        found = query_all(
            self._table,
            limit=limit,
            KeyConditionExpression=Key("pk").eq(partition),
            ScanIndexForward=False,
            ConsistentRead=True,
            **start,
        )
        return tuple(map(items.flow_record, found))

    def texts(self, flows: Iterable[FlowRecord]) -> dict[str, str]:
        """Read the current texts by flow id; the caller bounds how much that is."""
        keys = [
            {
                "pk": items.revision_partition(self._tenant, flow.id),
                "sk": items.source_key(flow.revision),
            }
            for flow in flows
        ]
        found = batch_get(self._table, keys, consistent=True, sleep=self._sleep)
        return {item["flowId"]: items.source_text(item) for item in found}

    def _get(self, pk: str, sk: str) -> Item | None:
        return self._table.get_item(Key={"pk": pk, "sk": sk}, ConsistentRead=True).get("Item")

    def _write(self, writes: Mapping[str, Write], flow: FlowRecord) -> None:
        """Try once: whoever meets another writer has to read anew."""
        reasons = transact_once(self._table, writes)
        if reasons:
            raise self._refusal(reasons, flow)

    def _refusal(self, reasons: Mapping[str, Reason], flow: FlowRecord) -> Exception:
        """Return the error that tells what stood in the way of a change of this flow."""
        if reasons.get("flow") not in _CHANGED and reasons.get("name") is Reason.CONDITION:
            owner = self._named(items.name_key(flow))
            if owner is not None:  # else its flow has let go of it in between
                place = f"{flow.name!r} in namespace {flow.namespace!r}"
                return FlowNameTakenError(f"there is a flow named {place} already", flow_id=owner)
        if _CHANGED & set(reasons.values()):
            return FlowChangedError("the flow is being changed by somebody else, try again")
        return UnavailableError("the store is busy, try again")

    def _name(self, flow: FlowRecord) -> dict[str, Write]:
        return {"name": put(items.name_item(self._tenant, flow), IS_NEW)}

    def _no_name(self, flow: FlowRecord) -> dict[str, Write]:
        key = {"pk": items.name_partition(self._tenant), "sk": items.name_key(flow)}
        return {"old name": delete(key)}

    def _revision(self, flow_id: str, revision: Revision) -> dict[str, Write]:
        source = items.source_item(self._tenant, flow_id, revision)
        writes = {"source": put(source, IS_NEW)}
        if revision.plan is not None:
            plan = items.plan_item(self._tenant, flow_id, revision.number, revision.plan)
            writes["plan"] = put(plan, IS_NEW)
        return writes


@cache
def flow_repository(tenant: str) -> FlowRepository:
    return FlowRepository(table(settings(FlowsTableSettings).flows_table_name), tenant)
