"""`flow.lookup` adds to each item the row of a table with its key."""

from collections.abc import Mapping
from typing import Any

from shared.json_schema.builders import (
    ITEMS,
    a_field,
    a_name,
    array,
    choice,
    closed,
    integer,
    outputs,
)
from shared.messages import Message
from shared.plugins.sdk.items import in_time, values_of
from shared.plugins.sdk.plugin import Manifest, Plugin, PluginError, TaskContext
from shared.plugins.sdk.results import NEW, Result
from shared.plugins.sdk.values import _map, compact, identity


def _lookup(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    rows = _index(properties["table"], properties["tableKey"], context)
    name, missing = properties.get("as", "match"), properties.get("missing", "null")
    keys = values_of(properties["items"], properties["itemKey"], context)
    found, unmatched = Result(), 0
    for index, item in in_time(context, properties["items"]):
        key = keys[index]
        row, row_size = rows.get(identity(key), (None, 0)) if key is not None else (None, 0)
        if row is None:
            unmatched += 1
            if missing == "fail":
                raise PluginError(
                    Message("no row matches item {index}", index=index), code="no_match"
                )
        if row is not None or missing == "null":
            found.append({**_map(item, index), name: row}, NEW + len(name) + row_size)
    return {
        "items": found.entries,
        "matched": len(properties["items"]) - unmatched,
        "unmatched": unmatched,
    }


def _index(table: list[Any], key: str, context: TaskContext) -> dict[str, tuple[Any, int]]:
    """Return rows by key with the size of their JSON; the first of a key counts, null is no key."""
    rows: dict[str, tuple[Any, int]] = {}
    values = values_of(table, key, context, one="row")
    for index, row in in_time(context, table):
        value = values[index]
        if value is not None and row is not None:
            rows.setdefault(identity(value), (row, len(compact(row))))
    return rows


PLUGINS = (
    Plugin(
        Manifest(
            id="flow.lookup",
            name="Look up",
            category="flow",
            description=(
                "Adds to each item the first row of a table that has the same key; null is no key."
            ),
            input_schema=closed(
                {
                    "items": ITEMS,
                    "table": array("The rows to look in."),
                    "itemKey": a_field(
                        "The field that is an item's key: its name, or a dotted path."
                    ),
                    "tableKey": a_field(
                        "The field that is a row's key: its name, or a dotted path."
                    ),
                    "as": a_name("The field that gets the row.", default="match"),
                    "missing": choice(
                        "What becomes of an item without a row.",
                        *("null", "drop", "fail"),
                        default="null",
                    ),
                },
                required=["items", "table", "itemKey", "tableKey"],
            ),
            output_schema=outputs(
                {
                    "items": array("The items with their rows."),
                    "matched": integer("Items that have a row."),
                    "unmatched": integer("Items that have none."),
                }
            ),
            icon="table-properties",
        ),
        _lookup,
    ),
)
