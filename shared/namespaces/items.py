"""Namespaces as DynamoDB items, in the table of flows: a row each, and sets of variables."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.json_text import compact
from shared.namespaces.models import NamespaceRecord, Variables
from shared.times import to_rfc3339

Item = dict[str, Any]


def partition(tenant: str) -> str:
    return f"{tenant}#namespaces"


def namespace_key(tenant: str, name: str) -> Item:
    return {"pk": partition(tenant), "sk": name}


def variables_key(tenant: str, digest: str) -> Item:
    return {"pk": f"{tenant}#namespace-variables", "sk": digest}


def variables_text(variables: Variables) -> str:
    """Write a set of variables as it is stored and measured, its names in order."""
    return compact(dict(sorted(variables.items())))


def variables_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def namespace_item(tenant: str, record: NamespaceRecord) -> Item:
    fields = record.model_dump(mode="json", by_alias=True, exclude={"name"}, exclude_none=True)
    return {**namespace_key(tenant, record.name), **fields}


def namespace_record(item: Mapping[str, Any]) -> NamespaceRecord:
    fields = {name: value for name, value in item.items() if name not in {"pk", "sk"}}
    return NamespaceRecord.model_validate({"name": item["sk"], **fields})


def variables_item(tenant: str, text: str) -> Item:
    """Return the item of a set of variables; JSON travels as text, so floats survive."""
    return {**variables_key(tenant, variables_digest(text)), "variables": text}


def variables_of(item: Mapping[str, Any]) -> Variables:
    return parsed(str(item["variables"]))


def parsed(text: str) -> Variables:
    """Read a set of variables from its text."""
    found: Variables = json.loads(text)
    return found


def entry_update(tenant: str, name: str, now: datetime) -> Item:
    """Return the update that makes the row of a namespace, and changes none that is there."""
    made = {"createdAt": ":now", "updatedAt": ":now", "version": ":first"}
    return {
        "Key": namespace_key(tenant, name),
        "UpdateExpression": "SET "
        + ", ".join(f"#{name} = if_not_exists(#{name}, {value})" for name, value in made.items()),
        "ExpressionAttributeNames": {f"#{name}": name for name in made},
        "ExpressionAttributeValues": {":now": to_rfc3339(now), ":first": 1},
    }
