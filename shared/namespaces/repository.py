"""Namespaces in the table of flows, so that starts and turns need no other table."""

import time
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key

from shared.aws import table
from shared.config import FlowsTableSettings, settings
from shared.dynamodb import Sleep, Write, batch_get, query_all, transact
from shared.namespaces import items
from shared.namespaces.models import (
    NO_SETTINGS,
    NamespaceRecord,
    NamespaceSettings,
    Variables,
    is_namespace,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_IS_NEW = "attribute_not_exists(pk)"


class NamespaceRepository:
    """The namespaces of one tenant.

    A row is small, for each start reads it. A set of variables is an item of its own, named by its
    digest and never changed: executions name the one of their start for as long as they are kept.
    """

    def __init__(self, table: "Table", tenant: str, sleep: Sleep = time.sleep) -> None:
        self._table = table
        self._tenant = tenant
        self._sleep = sleep

    def find(self, name: str) -> NamespaceRecord | None:
        """Read one row, consistently; the name can be one."""
        key = items.namespace_key(self._tenant, name)
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return items.namespace_record(item) if item else None

    def settings_of(self, name: str) -> NamespaceSettings:
        """Read what an execution takes at its start."""
        record = self.find(name)
        return record.settings if record else NO_SETTINGS

    def all(self) -> tuple[NamespaceRecord, ...]:
        """Read every row, alphabetically, consistently."""
        found = query_all(
            self._table,
            KeyConditionExpression=Key("pk").eq(items.partition(self._tenant)),
            ConsistentRead=True,
        )
        return tuple(map(items.namespace_record, found))

    def variables(self, digests: Iterable[str]) -> Mapping[str, Variables]:
        """Read sets of variables, by digest."""
        keys = [items.variables_key(self._tenant, digest) for digest in sorted(set(digests))]
        found = batch_get(self._table, keys, consistent=True, sleep=self._sleep)
        return {str(item["sk"]): items.variables_of(item) for item in found}

    def variable_names(self, name: str) -> AbstractSet[str]:
        """Read the names of a namespace's variables; none of what is no namespace."""
        digest = self.settings_of(name).variables if is_namespace(name) else None
        return self.variables([digest])[digest].keys() if digest else frozenset()

    def put(
        self, old: NamespaceRecord | None, new: NamespaceRecord, variables: str | None = None
    ) -> bool:
        """Store the next version with its variables, as text; False if `old` is past."""
        item = items.namespace_item(self._tenant, new)
        writes: dict[str, Write] = {"row": {"Put": {"Item": item, **_unchanged(old)}}}
        if variables is not None:
            stored = items.variables_item(self._tenant, variables)
            writes["variables"] = {"Put": {"Item": stored}}
        return not transact(self._table, writes, sleep=self._sleep)

    def remove(self, record: NamespaceRecord) -> bool:
        """Forget a row; False if it is no longer what is stored."""
        key = items.namespace_key(self._tenant, record.name)
        gone: Write = {"Delete": {"Key": key, **_unchanged(record)}}
        return not transact(self._table, {"row": gone}, sleep=self._sleep)

    def entry(self, name: str, now: datetime) -> Sequence[Write]:
        """Return the write that goes with the first thing in a namespace; none if its row is there.

        Many may enter at once: what is there is not written, so that they don't get in each other's
        way. It names its table, so that it goes into any transaction.
        """
        if self.find(name):
            return ()
        update = items.entry_update(self._tenant, name, now)
        return ({"Update": {"TableName": self._table.name, **update}},)


def _unchanged(old: NamespaceRecord | None) -> Write:
    if old is None:
        return {"ConditionExpression": _IS_NEW}
    return {
        "ConditionExpression": "#version = :old",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":old": old.version},
    }


@cache
def namespace_repository(tenant: str) -> NamespaceRepository:
    return NamespaceRepository(table(settings(FlowsTableSettings).flows_table_name), tenant)
