"""Flows in their table: conditions, pages, and everything of one change in one transaction."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key

from shared.dynamodb import Write
from shared.errors import FlowChangedError, FlowNameTakenError, UnavailableError
from shared.flows import items
from shared.flows.items import Item
from shared.flows.models import FlowRecord, Revision, is_full_name
from shared.ids import is_id

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_dynamodb.service_resource import Table

IS_NEW = "attribute_not_exists(pk)"
IS_UNCHANGED = "version = :version"

BATCH = 100
"""Items that one BatchGetItem may ask for."""

_CHANGED = frozenset({"ConditionalCheckFailed", "TransactionConflict"})
_BUSY = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError"})


class FlowRepository:
    """The flows of one tenant.

    A flow is a small item; its name is one more, so that it is taken once; a revision is two: the
    text and the packed plan. Revisions outlive their flow: executions are read with them.
    """

    def __init__(self, table: "Table", tenant: str) -> None:
        self._table = table
        self._tenant = tenant

    def add(self, flow: FlowRecord, revision: Revision, also: Write | None = None) -> None:
        """Store a new flow; raises FlowNameTakenError, or FlowChangedError: try again.

        `also`, here and below, is a write to another table that is made with it.
        """
        writes: dict[str, Write] = {"flow": _put(items.flow_item(self._tenant, flow), IS_NEW)}
        writes |= self._name(flow) | self._revision(flow.id, revision) | _also(also)
        self._write(writes, flow)

    def replace(
        self,
        old: FlowRecord,
        new: FlowRecord,
        *,
        revision: Revision | None = None,
        plan: bytes | None = None,
        also: Write | None = None,
    ) -> None:
        """Store a flow's next version, with its next text, or the plan its text lacked so far.

        Raises FlowChangedError when `old` is no longer what is stored, and FlowNameTakenError.
        """
        flow = items.flow_item(self._tenant, new)
        writes: dict[str, Write] = {"flow": {"Put": {"Item": flow, **_unchanged(old)}}}
        if items.name_key(old) != items.name_key(new):
            writes |= self._name(new) | self._no_name(old)
        if revision:
            writes |= self._revision(new.id, revision)
        elif plan:
            writes["plan"] = _put(items.plan_item(self._tenant, new.id, new.revision, plan), IS_NEW)
        self._write(writes | _also(also), new)

    def remove(self, flow: FlowRecord, also: Write | None = None) -> None:
        """Forget a flow and free its name; raises FlowChangedError when it changed meanwhile."""
        key = {"pk": items.flow_partition(self._tenant), "sk": flow.id}
        gone = {"Delete": {"Key": key, **_unchanged(flow)}}
        self._write({"flow": gone} | self._no_name(flow) | _also(also), flow)

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
        item = self._get(items.name_partition(self._tenant), namespace_and_name)
        return None if item is None else self.find(str(item["flowId"]))

    def find_text(self, flow_id: str, revision: int) -> str | None:
        partition = items.revision_partition(self._tenant, flow_id)
        item = self._get(partition, items.source_key(revision))
        return None if item is None else items.source_text(item)

    def newest(self, limit: int, after: str | None = None) -> tuple[FlowRecord, ...]:
        """Read flows behind the id `after`, newest first; fewer than `limit` only at the end."""
        partition = items.flow_partition(self._tenant)
        start: Item = {"ExclusiveStartKey": {"pk": partition, "sk": after}} if after else {}
        flows: list[FlowRecord] = []
        while True:
            answer = self._table.query(
                KeyConditionExpression=Key("pk").eq(partition),
                ScanIndexForward=False,
                ConsistentRead=True,
                Limit=limit - len(flows),
                **start,
            )
            flows += [items.flow_record(item) for item in answer["Items"]]
            if len(flows) == limit or "LastEvaluatedKey" not in answer:
                return tuple(flows)
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def texts(self, flows: Iterable[FlowRecord]) -> dict[str, str]:
        """Read the current texts by flow id; the caller bounds how much that is."""
        keys = [
            {
                "pk": items.revision_partition(self._tenant, flow.id),
                "sk": items.source_key(flow.revision),
            }
            for flow in flows
        ]
        batches = (keys[start : start + BATCH] for start in range(0, len(keys), BATCH))
        found = (item for batch in batches for item in self._read(batch))
        return {item["flowId"]: items.source_text(item) for item in found}

    def _read(self, keys: list[Item]) -> Iterator[Item]:
        unread: Any = {self._table.name: {"Keys": keys, "ConsistentRead": True}}
        while unread:
            answer = self._table.meta.client.batch_get_item(RequestItems=unread)
            yield from answer["Responses"].get(self._table.name, [])
            unread = answer["UnprocessedKeys"]

    def _get(self, pk: str, sk: str) -> Item | None:
        return self._table.get_item(Key={"pk": pk, "sk": sk}, ConsistentRead=True).get("Item")

    def _write(self, writes: Mapping[str, Write], flow: FlowRecord) -> None:
        client = self._table.meta.client
        requests: Any = [
            {kind: {"TableName": self._table.name, **request}}
            for write in writes.values()
            for kind, request in write.items()
        ]
        try:
            client.transact_write_items(TransactItems=requests)
        except client.exceptions.TransactionCanceledException as error:
            raise _refusal(error, tuple(writes), flow) from error

    def _name(self, flow: FlowRecord) -> dict[str, Item]:
        return {"name": _put(items.name_item(self._tenant, flow), IS_NEW)}

    def _no_name(self, flow: FlowRecord) -> dict[str, Item]:
        key = {"pk": items.name_partition(self._tenant), "sk": items.name_key(flow)}
        return {"old name": {"Delete": {"Key": key}}}

    def _revision(self, flow_id: str, revision: Revision) -> dict[str, Item]:
        source = items.source_item(self._tenant, flow_id, revision)
        writes = {"source": _put(source, IS_NEW)}
        if revision.plan is not None:
            plan = items.plan_item(self._tenant, flow_id, revision.number, revision.plan)
            writes["plan"] = _put(plan, IS_NEW)
        return writes


def _put(item: Item, condition: str) -> Item:
    return {"Put": {"Item": item, "ConditionExpression": condition}}


def _also(write: Write | None) -> dict[str, Write]:
    return {"also": write} if write else {}


def _unchanged(flow: FlowRecord) -> Item:
    return {
        "ConditionExpression": IS_UNCHANGED,
        "ExpressionAttributeValues": {":version": flow.version},
    }


def _refusal(error: "ClientError", writes: tuple[str, ...], flow: FlowRecord) -> Exception:
    """Tell from a cancelled transaction's reasons, one for each write, what stood in the way."""
    reasons: list[Any] = error.response.get("CancellationReasons", [])
    codes = dict(zip(writes, (reason.get("Code") for reason in reasons), strict=False))
    if codes.get("flow") not in _CHANGED and codes.get("name") == "ConditionalCheckFailed":
        place = f"{flow.name!r} in namespace {flow.namespace!r}"
        return FlowNameTakenError(f"there is a flow named {place} already")
    if _CHANGED & set(codes.values()):
        return FlowChangedError("the flow is being changed by somebody else, try again")
    if _BUSY & set(codes.values()):
        return UnavailableError("the store is busy, try again")
    return error
