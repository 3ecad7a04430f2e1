"""Machine clients in their table: a row, the name that it takes, the look-up by its id.

Who logs in with an id has no tenant yet: `ClientLookup` finds it. Each user of the pool that may be
left over, because somebody dies or a secret ends, has a mark that tells the sweep when to look.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key

from shared.auth.clients import items
from shared.auth.clients.items import Item
from shared.auth.clients.models import ClientRecord, Disposal
from shared.auth.users.repository import users_table
from shared.dynamodb import Sleep, Write, delete, named, note_use, put, query_all, transact
from shared.ids import is_id, lowest_id_at
from shared.times import to_rfc3339

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

IS_NEW = "attribute_not_exists(pk)"
IS_SAME = "version = :version"
Failed = frozenset[str]
"""The names of the writes whose condition did not hold; empty when all is written."""


class ClientRepository:
    """The machine clients of one tenant."""

    def __init__(self, table: "Table", tenant: str, sleep: Sleep = time.sleep) -> None:
        self._table = table
        self.tenant = tenant
        self._sleep = sleep

    def find(self, client_id: str) -> ClientRecord | None:
        """Read one client, consistently; what can be no id names none."""
        if not is_id(client_id):
            return None
        item = _get(self._table, items.client_key(self.tenant, client_id))
        return None if item is None else items.client_record(item)

    def named(self, name: str) -> ClientRecord | None:
        """Read the client that has taken a name, consistently."""
        item = _get(self._table, items.name_key(self.tenant, name))
        return None if item is None else self.find(str(item["id"]))

    def newest(self, limit: int, after: str | None) -> list[ClientRecord]:
        """Read clients behind the id `after`, newest first; fewer than `limit` are the last."""
        partition = items.client_partition(self.tenant)
        query: Item = {"KeyConditionExpression": Key("pk").eq(partition), "ScanIndexForward": False}
        start: Item = {"ExclusiveStartKey": {"pk": partition, "sk": after}} if after else {}
        found = query_all(self._table, limit=limit, **query, **start)
        return [items.client_record(item) for item in found]

    def add(self, client: ClientRecord, mark: Disposal) -> Failed:
        """Begin to make a client: `name` in what failed is that the name is taken."""
        writes: dict[str, Write] = {
            "client": put(items.client_item(self.tenant, client), IS_NEW),
            "name": put(items.name_item(self.tenant, client), IS_NEW),
            "mark": put(items.disposal_item(mark)),
        }
        return self._write(writes)

    def activate(self, active: ClientRecord, mark: Disposal, also: Sequence[Write] = ()) -> Failed:
        """Store that a client can log in: `client` in what failed is that it is gone meanwhile.

        `also` goes with it.
        """
        item = items.client_item(self.tenant, active)
        writes: dict[str, Write] = {
            "client": put(item, IS_SAME, {":version": 0}),
            "lookup": put(items.lookup_item(self.tenant, active)),
            "mark": delete(items.disposal_key(mark.id)),
        }
        return self._write(writes | named("also", also))

    def mark(self, mark: Disposal) -> None:
        """Say of a user that the pool is about to have that it may have to go."""
        self._table.put_item(Item=items.disposal_item(mark))

    def rotate(
        self,
        new: ClientRecord,
        mark: Disposal,
        replaced: Iterable[Disposal],
        also: Sequence[Write] = (),
    ) -> Failed:
        """Store a client's next secret: `client` in what failed is that it has changed, or gone.

        `mark`, of the new secret's user, goes; those of what it replaced come. `also` goes with it.
        """
        values = {
            ":secrets": items.secrets_value(new),
            ":next": new.version,
            ":version": new.version - 1,
        }
        update = {
            "Key": items.client_key(self.tenant, new.id),
            "UpdateExpression": "SET secrets = :secrets, version = :next",
            "ConditionExpression": IS_SAME,
            "ExpressionAttributeValues": values,
        }
        writes: dict[str, Write] = {
            "client": {"Update": update},
            "mark": delete(items.disposal_key(mark.id)),
        }
        return self._write(writes | _marks(replaced) | named("also", also))

    def remove(self, client: ClientRecord, marks: Iterable[Disposal] = ()) -> bool:
        """Forget a client, so that nobody can log in as it; False when it has changed, or gone."""
        same = {":version": client.version}
        writes: dict[str, Write] = {
            "client": delete(items.client_key(self.tenant, client.id), IS_SAME, same),
            "name": delete(items.name_key(self.tenant, client.name)),
            "lookup": delete(items.lookup_key(client.id)),
        }
        return not self._write(writes | _marks(marks))

    def touch(self, client_id: str, now: datetime, before: datetime) -> None:
        """Note that a client logged in now, unless one has since `before`, or it is gone."""
        key = items.client_key(self.tenant, client_id)
        note_use(self._table, key, to_rfc3339(now), to_rfc3339(before))

    def settle(self, mark: Disposal) -> None:
        """Remove the mark of a user that is gone, or stays."""
        self._table.delete_item(Key=items.disposal_key(mark.id))

    def _write(self, writes: Mapping[str, Write]) -> Failed:
        return transact(self._table, writes, sleep=self._sleep)


class ClientLookup:
    """The tenants of clients, and the marks of all of them."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def tenant_of(self, client_id: str) -> str | None:
        """Read whose client this is, consistently; None for none that can log in."""
        item = _get(self._table, items.lookup_key(client_id))
        return None if item is None else str(item["tenant"])

    def due(self, before: datetime, limit: int) -> list[Disposal]:
        """Read the oldest marks of times before a moment: one short query."""
        oldest = Key("pk").eq(items.DISPOSALS) & Key("sk").lt(lowest_id_at(before))
        found = query_all(
            self._table, limit=limit, KeyConditionExpression=oldest, ConsistentRead=True
        )
        return [items.disposal_record(item) for item in found]


def _get(table: "Table", key: Item) -> Item | None:
    return table.get_item(Key=key, ConsistentRead=True).get("Item")


def _marks(marks: Iterable[Disposal]) -> dict[str, Write]:
    return {f"mark of {each.username}": put(items.disposal_item(each)) for each in marks}


@cache
def client_repository(tenant: str) -> ClientRepository:
    return ClientRepository(users_table(), tenant)


@cache
def client_lookup() -> ClientLookup:
    return ClientLookup(users_table())
