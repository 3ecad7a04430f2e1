"""`flow.merge` makes one list or map of several."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.json_schema.builders import anything, array, choice, closed, outputs, string, when
from shared.plugins.sdk.items import field
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext
from shared.plugins.sdk.values import _map, deep_merged, identity, invalid, type_name


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


PLUGINS = (
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
