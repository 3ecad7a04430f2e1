"""Credentials in a table of their own: what is shown and what is sealed change together."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key

from shared.aws import table
from shared.config import CredentialsTableSettings, settings
from shared.credentials import items
from shared.credentials.items import Place, SealedValue
from shared.credentials.models import Credential
from shared.dynamodb import (
    Sleep,
    Write,
    batch_get,
    named,
    note_use,
    projection,
    put,
    query_all,
    transact,
)
from shared.errors import CredentialNameTakenError, UnavailableError
from shared.ids import is_id
from shared.times import to_rfc3339

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

USE_NOTED_EVERY = timedelta(hours=1)

_IS_NEW = "attribute_not_exists(pk)"
_IS_UNCHANGED = "#version = :old"


class CredentialRepository:
    """The credentials of one tenant.

    Each is two items: one by id, which lists are made of, and the sealed value by namespace and
    name, so that a name is taken once and a task finds its value in one read.
    """

    def __init__(self, table: "Table", tenant: str, sleep: Sleep = time.sleep) -> None:
        self._table = table
        self._tenant = tenant
        self._sleep = sleep

    def add(self, credential: Credential, sealed: bytes, also: Sequence[Write] = ()) -> None:
        """Store a new credential; CredentialNameTakenError.

        `also` are writes to other tables that are made with it.
        """
        item = items.credential_item(self._tenant, credential)
        failed = self._write(
            {
                "credential": put(item, _IS_NEW),
                "value": self._value(credential, sealed, _IS_NEW),
                **named("also", also),
            }
        )
        if "value" in failed:
            where = f"in namespace {credential.namespace!r}" if credential.namespace else "for all"
            raise CredentialNameTakenError(
                f"there is a credential {credential.name} {where} already"
            )
        if failed:
            raise UnavailableError("the request was overtaken by another one, try again")

    def replace(self, old: Credential, new: Credential, sealed: bytes | None = None) -> bool:
        """Store the next version, with its next value if there is one; False if `old` is past."""
        writes = {"credential": self._update(old, new)}
        if sealed is not None:
            writes["value"] = self._value(new, sealed, "attribute_exists(pk)")
        return not self._write(writes)

    def remove(self, credential: Credential) -> bool:
        """Forget a credential and free its name; False if it is no longer what is stored."""
        keys = {
            "credential": items.credential_key(self._tenant, credential.id),
            "value": items.value_key(self._tenant, _place_of(credential)),
        }
        gone: dict[str, Any] = {name: {"Key": key} for name, key in keys.items()}
        gone["credential"] |= _unchanged(credential)
        return not self._write({name: {"Delete": each} for name, each in gone.items()})

    def find(self, credential_id: str) -> Credential | None:
        """Read one as it was last written; what is no id names none."""
        if not is_id(credential_id):
            return None
        key = items.credential_key(self._tenant, credential_id)
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return items.credential_of(item) if item else None

    def newest(self, limit: int, after: str | None = None) -> tuple[Credential, ...]:
        """Read those behind the id `after`, newest first; fewer than `limit` only at the end."""
        start: Any = {}
        if after:
            start = {"ExclusiveStartKey": items.credential_key(self._tenant, after)}
        found = query_all(
            self._table,
            limit=limit,
            KeyConditionExpression=Key("pk").eq(items.partition(self._tenant)),
            ScanIndexForward=False,
            ConsistentRead=True,
            **start,
        )
        return tuple(map(items.credential_of, found))

    def count_by_namespace(self) -> Mapping[str, int]:
        """Count those of each namespace that has any, consistently; no value is read for it."""
        found = query_all(
            self._table,
            KeyConditionExpression=Key("pk").eq(items.partition(self._tenant)),
            FilterExpression=Attr("namespace").exists(),
            ConsistentRead=True,
            **projection(["namespace"]),
        )
        return Counter(str(item["namespace"]) for item in found)

    def sealed_values(self, places: Iterable[Place]) -> dict[Place, SealedValue]:
        """Read the values at some places, consistently; those that are not there are left out."""
        keys = [items.value_key(self._tenant, place) for place in places]
        found = batch_get(self._table, keys, consistent=True, sleep=self._sleep)
        return {items.place_of(item): items.sealed_value(item) for item in found}

    def note_use(self, credential_id: str, now: datetime) -> None:
        """Remember that one was used, unless that was noted within the hour, or it is gone."""
        key = items.credential_key(self._tenant, credential_id)
        note_use(self._table, key, to_rfc3339(now), to_rfc3339(now - USE_NOTED_EVERY))

    def _write(self, writes: Mapping[str, Write]) -> frozenset[str]:
        return transact(self._table, writes, sleep=self._sleep)

    def _value(self, credential: Credential, sealed: bytes, condition: str) -> Write:
        value = SealedValue(credential.id, sealed)
        item = items.value_item(self._tenant, _place_of(credential), value)
        return put(item, condition)

    def _update(self, old: Credential, new: Credential) -> Write:
        """Return the write of what a PUT changes: a use that is noted meanwhile stays."""
        values: dict[str, Any] = {
            ":old": old.version,
            ":new": new.version,
            ":type": new.type.value,
            ":at": to_rfc3339(new.updated_at),
        }
        names = {"#version": "version", "#type": "type", "#description": "description"}
        changes = "SET #version = :new, #type = :type, updatedAt = :at"
        if new.description is None:
            changes += " REMOVE #description"
        else:
            changes += ", #description = :description"
            values[":description"] = new.description
        return {
            "Update": {
                "Key": items.credential_key(self._tenant, new.id),
                "UpdateExpression": changes,
                "ConditionExpression": _IS_UNCHANGED,
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": values,
            }
        }


def _place_of(credential: Credential) -> Place:
    return Place(credential.namespace, credential.name)


def _unchanged(credential: Credential) -> dict[str, Any]:
    return {
        "ConditionExpression": _IS_UNCHANGED,
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":old": credential.version},
    }


@cache
def credential_repository(tenant: str) -> CredentialRepository:
    name = settings(CredentialsTableSettings).credentials_table_name
    return CredentialRepository(table(name), tenant)
