"""Users in their table: a row beside the pool's user, with all that must change together.

A user is a small item; its place in the list is one more, and the name that it takes in the pool a
third. A change that the pool must hear of leaves a mark, which goes once the pool has heard.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import ConditionBase, Key

from shared.auth.users import items
from shared.auth.users.items import Item
from shared.auth.users.models import Tenant, Unfinished, UserRecord, is_username
from shared.aws import table
from shared.config import UsersTableSettings, settings
from shared.dynamodb import Sleep, Write, batch_get, delete, named, put, query_all, transact
from shared.ids import lowest_id_at

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

IS_NEW = "attribute_not_exists(pk)"
IS_MINE = "attempt = :attempt"
Failed = frozenset[str]
"""The names of the writes whose condition did not hold; empty when all is written."""


class UserRepository:
    """The users of one tenant."""

    def __init__(self, table: "Table", tenant: str, sleep: Sleep = time.sleep) -> None:
        self._table = table
        self.tenant = tenant
        self._sleep = sleep

    def find(self, username: str) -> UserRecord | None:
        """Read one user, consistently; what can be no name names nobody."""
        if not is_username(username):
            return None
        item = self._get(items.user_key(self.tenant, username))
        return None if item is None else items.user_record(item)

    def find_tenant(self) -> Tenant | None:
        """Read the tenant's own row, consistently."""
        item = self._get(items.tenant_key(self.tenant))
        return None if item is None else items.tenant_record(item)

    def newest(self, limit: int, after: str | None) -> tuple[list[UserRecord], str | None]:
        """Read users behind the id `after`, newest first, and the last id if more may follow."""
        partition = items.list_partition(self.tenant)
        start: Item = {"ExclusiveStartKey": {"pk": partition, "sk": after}} if after else {}
        query = {"KeyConditionExpression": Key("pk").eq(partition), "ScanIndexForward": False}
        answer = self._table.query(**query, **start, Limit=limit)  # type: ignore[arg-type]  # one of its forms
        places = answer["Items"]
        last = str(places[-1]["sk"]) if places and "LastEvaluatedKey" in answer else None
        keys = [items.user_key(self.tenant, str(each["username"])) for each in places]
        found = batch_get(self._table, keys, consistent=True, sleep=self._sleep)
        users = {user.id: user for user in map(items.user_record, found)}
        return [users[id_] for each in places if (id_ := str(each["sk"])) in users], last

    def named(self, beginning: str, limit: int, after: str | None) -> list[UserRecord]:
        """Read users whose names begin so, by name, behind the name `after`."""
        partition = items.user_partition(self.tenant)
        condition: ConditionBase = Key("pk").eq(partition)
        if beginning:
            condition &= Key("sk").begins_with(beginning)
        start: Item = {"ExclusiveStartKey": {"pk": partition, "sk": after}} if after else {}
        found = query_all(self._table, limit=limit, KeyConditionExpression=condition, **start)
        return [items.user_record(item) for item in found]

    def add(self, user: UserRecord, *, founds: bool = False) -> Failed:
        """Begin to make a user: `user` or `name` in what failed is that the name is taken.

        Who `founds` must be the first of the tenant: else `tenant` is in what failed.
        """
        writes: dict[str, Write] = {
            "user": put(items.user_item(self.tenant, user), IS_NEW),
            "name": put(items.name_item(self.tenant, user), IS_NEW),
            "place": put(items.place_item(self.tenant, user)),
            "mark": put(items.mark_item(self._mark(user))),
        }
        if founds:
            founder = {"actingAdmins": 0, "founder": user.username}
            writes["tenant"] = put({**items.tenant_key(self.tenant), **founder}, IS_NEW)
        return self._write(writes)

    def take_over(self, old: UserRecord, new: UserRecord) -> bool:
        """Go on in place of an attempt that ended halfway; False when somebody else does."""
        writes: dict[str, Write] = {
            "user": put(items.user_item(self.tenant, new), IS_MINE, {":attempt": old.attempt}),
            "old mark": delete(items.mark_key(old.attempt)),
            "mark": put(items.mark_item(self._mark(new))),
        }
        return not self._write(writes)

    def release(self, user: UserRecord, begun_at: str) -> None:
        """Say of an attempt that it ended, so that another need not wait for it."""
        values = {":attempt": user.attempt, ":at": begun_at}
        self._table.update_item(
            Key=items.user_key(self.tenant, user.username),
            UpdateExpression="SET begunAt = :at",
            ConditionExpression=IS_MINE,
            ExpressionAttributeValues=values,
        )

    def activate(self, active: UserRecord, also: Sequence[Write] = ()) -> Failed:
        """Store the end of an attempt: the user can log in. `also` goes with it."""
        writes: dict[str, Write] = {
            "user": put(
                items.user_item(self.tenant, active), IS_MINE, {":attempt": active.attempt}
            ),
            "mark": delete(items.mark_key(active.attempt)),
        }
        if active.is_acting_admin:
            writes["admins"] = self._count_admin(1)
        return self._write(writes | named("also", also))

    def remove(self, user: UserRecord, *, founded: bool) -> bool:
        """Forget a user that was not made to the end; False when somebody else goes on with it."""
        mine: dict[str, Any] = {":attempt": user.attempt}
        writes: dict[str, Write] = {
            "user": delete(items.user_key(self.tenant, user.username), IS_MINE, mine),
            "name": delete(items.name_key(user.username)),
            "place": delete(items.place_key(self.tenant, user.id)),
            "mark": delete(items.mark_key(user.attempt)),
        }
        if founded:
            none = {":none": 0}
            key = items.tenant_key(self.tenant)
            writes["tenant"] = delete(key, "actingAdmins = :none", none)
        return not self._write(writes)

    def replace(self, old: UserRecord, new: UserRecord, attempt: str) -> Failed:
        """Store a user's next version and a mark: `user` in what failed is that it has changed.

        `admins` is that it was the last admin who could log in.
        """
        mark = Unfinished(attempt=attempt, tenant=self.tenant, username=new.username)
        change = int(new.is_acting_admin) - int(old.is_acting_admin)
        writes: dict[str, Write] = {
            "user": put(
                items.user_item(self.tenant, new), "version = :version", {":version": old.version}
            ),
            "mark": put(items.mark_item(mark)),
        }
        if change:
            writes["admins"] = self._count_admin(change)
        return self._write(writes)

    def settle(self, attempt: str) -> None:
        """Remove the mark of a change that the pool has heard of."""
        self._table.delete_item(Key=items.mark_key(attempt))

    def _mark(self, user: UserRecord) -> Unfinished:
        return Unfinished(attempt=user.attempt, tenant=self.tenant, username=user.username)

    def _count_admin(self, change: int) -> Write:
        condition = {"ConditionExpression": "actingAdmins > :one"} if change < 0 else {}
        one = {":one": 1} if change < 0 else {}
        return {
            "Update": {
                "Key": items.tenant_key(self.tenant),
                "UpdateExpression": "ADD actingAdmins :change",
                "ExpressionAttributeValues": {":change": change, **one},
                **condition,
            }
        }

    def _get(self, key: Item) -> Item | None:
        return self._table.get_item(Key=key, ConsistentRead=True).get("Item")

    def _write(self, writes: Mapping[str, Write]) -> Failed:
        return transact(self._table, writes, sleep=self._sleep)


def unfinished(table: "Table", before: datetime, limit: int) -> list[Unfinished]:
    """Read the oldest marks of all tenants that were made before a moment: one short query."""
    found = query_all(
        table,
        limit=limit,
        KeyConditionExpression=Key("pk").eq(items.UNFINISHED) & Key("sk").lt(lowest_id_at(before)),
        ConsistentRead=True,
    )
    return [items.mark_record(item) for item in found]


def users_table() -> "Table":
    return table(settings(UsersTableSettings).users_table_name)


@cache
def user_repository(tenant: str) -> UserRepository:
    return UserRepository(users_table(), tenant)
