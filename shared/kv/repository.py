"""Keys in a table of their own: a write asks for the version it was made from, and is whole.

A large value is an item of its own, named after the version that it belongs to and written with
its key in one transaction. A reader that finds it gone has met a newer write, and reads again.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from boto3.dynamodb.conditions import Attr, ConditionBase, Key
from botocore.exceptions import ClientError

from shared.aws import table
from shared.config import KvTableSettings, settings
from shared.dynamodb import Reason, Write, delete, put, transact_once
from shared.errors import UnavailableError
from shared.kv import items
from shared.kv.models import Incremented, ListedKey, StoredKey, is_key, is_namespace
from shared.times import to_rfc3339

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

TRIES: Final = 5
MAX_COUNTED: Final = 1_000
"""The keys of a namespace that are counted: who has more is not told how many."""
IS_NEW: Final = "attribute_not_exists(pk)"
IS_UNCHANGED: Final = "version = :version"
_LOST: Final = frozenset({"ConditionalCheckFailedException", "TransactionConflictException"})


class KeyChangedError(Exception):
    """Somebody else wrote the key in between: read it anew."""


class CountedBeforeError(Exception):
    """The attempt has counted already, and that is what it came to."""

    def __init__(self, counted: Incremented) -> None:
        super().__init__("counted before")
        self.counted = counted


class KvRepository:
    """The keys of one tenant; all reads are consistent."""

    def __init__(self, table: "Table", tenant: str) -> None:
        self._table = table
        self._tenant = tenant

    def read(self, namespace: str, key: str) -> StoredKey | None:
        """Read what is stored of a key, expired and deleted ones too, without a large value.

        What can be no key, or no namespace, is none.
        """
        if not (is_namespace(namespace) and is_key(key)):
            return None
        item = self._get(items.key_key(self._tenant, namespace, key))
        return items.stored_key(namespace, item) if item else None

    def find(self, namespace: str, key: str, now: datetime) -> StoredKey | None:
        """Read a living key with its value, large ones too; None if there is none."""
        for _ in range(TRIES):
            stored = self.read(namespace, key)
            if stored is None or not stored.lives(now):
                return None
            if not stored.is_large:
                return stored
            apart = self._get(items.value_key(self._tenant, stored))
            if apart:
                return stored.model_copy(update={"text": apart["value"]})
        raise UnavailableError("the key is being changed by others, try again")

    def counted(self, token: str) -> Incremented | None:
        """Read what an attempt has counted; None if it has not."""
        item = self._get(items.receipt_key(self._tenant, token))
        return items.counted_in(item) if item else None

    def write(
        self,
        old: StoredKey | None,
        new: StoredKey,
        *,
        counted: Incremented | None = None,
        token: str | None = None,
    ) -> None:
        """Store a key's next version, in one write; KeyChangedError if `old` is no longer stored.

        With a `token` what was `counted` is noted for it, once: CountedBeforeError.
        """
        writes: dict[str, Write] = {"key": self._put(old, new)}
        if new.is_large:
            writes["value"] = put(items.value_item(self._tenant, new))
        if old and old.is_large:
            writes["old value"] = delete(items.value_key(self._tenant, old))
        if token and counted:
            receipt = items.receipt_item(self._tenant, token, counted, new.updated_at)
            writes["receipt"] = put(receipt, IS_NEW)
        if len(writes) == 1:
            with _lost_races():
                self._table.put_item(**writes["key"]["Put"])
            return
        reasons = transact_once(self._table, writes)
        if token and reasons.get("receipt") is Reason.CONDITION:
            counted = self.counted(token)
            if counted:
                raise CountedBeforeError(counted)
        if reasons:
            raise KeyChangedError

    def page(
        self, namespace: str, prefix: str, now: datetime, *, limit: int, after: str | None = None
    ) -> tuple[tuple[ListedKey, ...], str | None]:
        """Return living keys behind `after`, alphabetically, and where to go on if more follow.

        So many items are read; those of keys that are over leave the page shorter.
        """
        if not is_namespace(namespace):
            return (), None
        query = self._living(namespace, prefix, now)
        if after:
            start = items.key_key(self._tenant, namespace, after)
            query["ExclusiveStartKey"] = start
        answer = self._table.query(ProjectionExpression=items.LISTED, Limit=limit, **query)
        last = answer.get("LastEvaluatedKey")
        return tuple(map(items.listed_key, answer["Items"])), str(last["sk"]) if last else None

    def count(self, namespace: str, now: datetime) -> int:
        """Count the living keys of a namespace; MAX_COUNTED means as many, or more.

        No more is read, in pages that many fit into: what a list shows costs little.
        """
        if not is_namespace(namespace):
            return 0
        query, found = self._living(namespace, "", now), 0
        while True:
            answer = self._table.query(Select="COUNT", Limit=MAX_COUNTED, **query)
            found += answer["Count"]
            if "LastEvaluatedKey" not in answer or found >= MAX_COUNTED:
                return min(found, MAX_COUNTED)
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _living(self, namespace: str, prefix: str, now: datetime) -> dict[str, Any]:
        condition: ConditionBase = Key("pk").eq(items.keys_partition(self._tenant, namespace))
        if prefix:
            condition &= Key("sk").begins_with(prefix)
        never = Attr("expiresAt").not_exists()
        is_there = Attr("isDeleted").not_exists() & (never | Attr("expiresAt").gt(to_rfc3339(now)))
        return {
            "KeyConditionExpression": condition,
            "FilterExpression": is_there,
            "ConsistentRead": True,
        }

    def _put(self, old: StoredKey | None, new: StoredKey) -> Write:
        item = items.key_item(self._tenant, new)
        if old is None:
            return put(item, IS_NEW)
        return put(item, IS_UNCHANGED, {":version": old.version})

    def _get(self, key: Mapping[str, str]) -> dict[str, Any] | None:
        return self._table.get_item(Key=dict(key), ConsistentRead=True).get("Item")


@contextmanager
def _lost_races() -> Iterator[None]:
    """Turn DynamoDB's errors of a write that met another one into KeyChangedError."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"].get("Code") in _LOST:
            raise KeyChangedError from None
        raise


@cache
def kv_repository(tenant: str) -> KvRepository:
    return KvRepository(table(settings(KvTableSettings).kv_table_name), tenant)
