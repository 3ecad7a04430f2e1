"""`flow.unique` drops items whose key came before."""

from collections.abc import Mapping
from typing import Any

from shared.json_schema.builders import (
    COUNT,
    FIELD_OR_EXPRESSION,
    ITEMS,
    array,
    closed,
    deferred,
    integer,
    outputs,
)
from shared.plugins.sdk.items import in_time, keys_of
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext
from shared.plugins.sdk.values import identity


def _unique(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    items = properties["items"]
    first: dict[str, Any] = {}
    keys = keys_of(items, properties.get("by"), context)
    for index, item in in_time(context, items):
        first.setdefault(identity(keys[index]), item)
    return {
        "items": list(first.values()),
        "count": len(first),
        "removed": len(items) - len(first),
    }


PLUGINS = (
    Plugin(
        Manifest(
            id="flow.unique",
            name="Unique",
            category="flow",
            description="Drops items whose key was there before; 1 equals 1.0, but not true.",
            input_schema=closed(
                {
                    "items": ITEMS,
                    "by": deferred(f"The key: {FIELD_OR_EXPRESSION}; the item itself without it."),
                },
                required=["items"],
            ),
            output_schema=outputs(
                {
                    "items": array("The first item of each key."),
                    "count": COUNT,
                    "removed": integer("How many were dropped."),
                }
            ),
            icon="fingerprint",
        ),
        _unique,
    ),
)
