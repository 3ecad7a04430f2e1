"""Keys as DynamoDB items: a key's own, a large value apart, and what an attempt has counted.

The items of a namespace's keys are one partition, in the order of the keys. Values are JSON text:
as numbers of DynamoDB they would lose digits.
"""

import json
import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from shared.json_text import compact
from shared.kv.models import Incremented, ListedKey, StoredKey
from shared.times import from_rfc3339, to_rfc3339

Item = dict[str, Any]

MAX_INLINE_BYTES: Final = 1024
"""The bytes of a value in its key's item: lists read these, and a write of it is one unit."""
KEPT_AFTER_END: Final = timedelta(days=1)
"""The time for which an item outlives its key."""
RECEIPTS_KEPT: Final = timedelta(days=7)

LISTED: Final = "sk, version, updatedAt, expiresAt"


def keys_partition(tenant: str, namespace: str) -> str:
    return f"{tenant}#keys#{namespace}"


def key_key(tenant: str, namespace: str, key: str) -> Item:
    return {"pk": keys_partition(tenant, namespace), "sk": key}


def value_key(tenant: str, stored: StoredKey) -> Item:
    place = f"{tenant}#value#{stored.namespace}#{stored.key}"
    return {"pk": place, "sk": f"{stored.version:012d}"}


def receipt_key(tenant: str, token: str) -> Item:
    """Return the key of what an attempt has counted; `token` names the attempt."""
    return {"pk": f"{tenant}#receipt#{token}", "sk": "increment"}


def is_large(text: str) -> bool:
    return len(text.encode()) > MAX_INLINE_BYTES


def key_item(tenant: str, stored: StoredKey) -> Item:
    item: Item = {
        **key_key(tenant, stored.namespace, stored.key),
        "version": stored.version,
        "updatedAt": to_rfc3339(stored.updated_at),
        **_removal(stored),
    }
    if stored.expires_at:
        item["expiresAt"] = to_rfc3339(stored.expires_at)
    if stored.is_deleted:
        return {**item, "isDeleted": True}
    return {**item, "isLarge": True} if stored.is_large else {**item, "value": stored.text}


def stored_key(namespace: str, item: Mapping[str, Any]) -> StoredKey:
    return StoredKey(
        namespace=namespace,
        key=item["sk"],
        version=int(item["version"]),
        updated_at=from_rfc3339(item["updatedAt"]),
        expires_at=from_rfc3339(item["expiresAt"]) if "expiresAt" in item else None,
        text=item.get("value"),
        is_large=item.get("isLarge", False),
        is_deleted=item.get("isDeleted", False),
    )


def listed_key(item: Mapping[str, Any]) -> ListedKey:
    return ListedKey(
        key=item["sk"],
        version=int(item["version"]),
        updated_at=from_rfc3339(item["updatedAt"]),
        expires_at=from_rfc3339(item["expiresAt"]) if "expiresAt" in item else None,
    )


def value_item(tenant: str, stored: StoredKey) -> Item:
    return {**value_key(tenant, stored), "value": stored.text, **_removal(stored)}


def receipt_item(tenant: str, token: str, counted: Incremented, now: datetime) -> Item:
    return {
        **receipt_key(tenant, token),
        "counted": compact(counted.model_dump()),
        "removeAt": _seconds(now + RECEIPTS_KEPT),
    }


def counted_in(item: Mapping[str, Any]) -> Incremented:
    return Incremented.model_validate(json.loads(item["counted"]))


def _removal(stored: StoredKey) -> Item:
    """Return when DynamoDB may remove an item: what is expired is gone for readers before that."""
    end = stored.updated_at if stored.is_deleted else stored.expires_at
    return {"removeAt": _seconds(end + KEPT_AFTER_END)} if end else {}


def _seconds(instant: datetime) -> int:
    return math.ceil(instant.timestamp())
