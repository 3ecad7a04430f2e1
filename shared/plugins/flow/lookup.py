"""`flow.lookup` adds to each item the row of a table with its key."""

from collections.abc import Mapping
from typing import Any

from shared.json_schema.builders import ITEMS, array, choice, closed, integer, outputs, string
from shared.plugins.sdk.items import field
from shared.plugins.sdk.plugin import Manifest, Plugin, PluginError, TaskContext
from shared.plugins.sdk.values import MAX_RESULT, _map, compact, identity, too_large


def _lookup(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
    rows = _index(properties["table"], properties["tableKey"])
    name, missing = properties.get("as", "match"), properties.get("missing", "null")
    found, size, unmatched = [], 0, 0
    for index, item in enumerate(properties["items"]):
        key = field(item, properties["itemKey"])
        row, row_size = rows.get(identity(key), (None, 0)) if key is not None else (None, 0)
        size += row_size
        if size > MAX_RESULT:  # one large row may match many items
            raise too_large("the list")
        if row is None:
            unmatched += 1
            if missing == "fail":
                raise PluginError(f"no row matches item {index}", code="no_match")
        if row is not None or missing == "null":
            found.append({**_map(item, index), name: row})
    return {
        "items": found,
        "matched": len(properties["items"]) - unmatched,
        "unmatched": unmatched,
    }


def _index(table: list[Any], key: str) -> dict[str, tuple[Any, int]]:
    """Return rows by key with the size of their JSON; the first of a key counts, null is no key."""
    rows: dict[str, tuple[Any, int]] = {}
    for row in table:
        value = field(row, key)
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
                    "itemKey": string("The key of an item, a dotted path.", minLength=1),
                    "tableKey": string("The key of a row, a dotted path.", minLength=1),
                    "as": string("The field that gets the row.", default="match"),
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
