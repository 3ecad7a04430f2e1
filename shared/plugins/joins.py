"""Bringing lists and maps together: look up in a table, concatenate, merge."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.plugins.items import field
from shared.plugins.plugin import Manifest, Plugin, PluginError, TaskContext
from shared.plugins.shapes import (
    ITEMS,
    anything,
    array,
    choice,
    closed,
    integer,
    outputs,
    string,
    when,
)
from shared.plugins.values import MAX_RESULT, compact, identity, invalid, too_large, type_name


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
    """Rows by key with the size of their JSON; the first of a key counts, null is no key."""
    rows: dict[str, tuple[Any, int]] = {}
    for row in table:
        value = field(row, key)
        if value is not None and row is not None:
            rows.setdefault(identity(value), (row, len(compact(row))))
    return rows


def _map(item: Any, index: int) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise invalid(f"item {index} is {type_name(item)}, not a map")
    return item


def _merge(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
    sources, mode = properties["sources"], properties.get("mode", "append")
    if mode == "deep":
        return {"result": _merge_maps(sources)}
    items = list(_all_items(sources))
    return {"items": items if mode == "append" else _merge_by_key(items, properties["key"])}


def _all_items(sources: list[Any]) -> Iterator[Any]:
    for number, source in enumerate(sources):
        if not isinstance(source, list):
            raise invalid(f"sources[{number}] is {type_name(source)}, not a list")
        yield from source


def _merge_by_key(items: list[Any], key: str) -> list[Any]:
    merged: dict[Any, dict[str, Any]] = {}
    for index, item in enumerate(items):
        value = field(_map(item, index), key)
        place = index if value is None else identity(value)
        merged[place] = {**merged.get(place, {}), **item}
    return list(merged.values())


def _merge_maps(sources: list[Any]) -> Any:
    result: Any = {}
    for number, source in enumerate(sources):
        if not isinstance(source, dict):
            raise invalid(f"sources[{number}] is {type_name(source)}, not a map")
        result = deep_merged(result, source)
    return result


def deep_merged(old: Any, new: Any) -> Any:
    """Merge maps at every level; anything else, lists and null too, is replaced by the new."""
    try:
        return _deep_merged(old, new)
    except RecursionError:
        raise invalid("a value is nested too deeply") from None


def _deep_merged(old: Any, new: Any) -> Any:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    both = {name: _deep_merged(old[name], value) for name, value in new.items() if name in old}
    return {**old, **new, **both}


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
    Plugin(
        Manifest(
            id="flow.merge",
            name="Merge",
            category="flow",
            description=(
                "append: one list after the other; byKey: items of the same key become one, "
                "later fields win; deep: maps merged at every level, later values win."
            ),
            input_schema=closed(
                {
                    "sources": array("The lists, or for deep the maps.", minItems=1),
                    "mode": choice("How.", "append", "byKey", "deep", default="append"),
                    "key": string("byKey: the key of an item, a dotted path.", minLength=1),
                },
                required=["sources"],
                allOf=[when("mode", "byKey", ["key"])],
            ),
            output_schema=outputs(
                {
                    "items": array("append and byKey: the one list."),
                    "result": anything("deep: the one map."),
                },
                required=[],
            ),
            icon="merge",
        ),
        _merge,
    ),
)
