"""`flow.merge` makes one list or map of several."""

from collections.abc import Mapping
from typing import Any

from shared.json_schema.builders import a_field, anything, array, choice, closed, outputs, when
from shared.messages import Message
from shared.plugins.sdk.items import in_time, values_of
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext
from shared.plugins.sdk.results import Result
from shared.plugins.sdk.values import _map, all_merged, identity, invalid, type_name


def _merge(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    sources, mode = properties["sources"], properties.get("mode", "append")
    if mode == "deep":
        return {"result": _merge_maps(sources, context)}
    items = _all_items(sources, context)
    if mode == "append":
        return {"items": items}
    return {"items": _merge_by_key(items, properties["key"], context)}


def _all_items(sources: list[Any], context: TaskContext) -> list[Any]:
    items = Result()
    for number, source in in_time(context, sources):
        if not isinstance(source, list):
            sentence = f"sources[{{number}}] is {type_name(source)}, not a list"
            raise invalid(Message(sentence, number=number))
        items.charge(len(source))
        items.entries.extend(source)
    return items.entries


def _merge_by_key(items: list[Any], key: str, context: TaskContext) -> list[Any]:
    values = values_of(items, key, context)
    merged: dict[Any, dict[str, Any]] = {}
    for index, item in in_time(context, items):
        value = values[index]
        place = index if value is None else identity(value)
        merged.setdefault(place, {}).update(
            _map(item, index)
        )  # a copy each time would be quadratic
    return list(merged.values())


def _merge_maps(sources: list[Any], context: TaskContext) -> Any:
    for number, source in in_time(context, sources):
        if not isinstance(source, dict):
            sentence = f"sources[{{number}}] is {type_name(source)}, not a map"
            raise invalid(Message(sentence, number=number))
    return all_merged([{}, *sources])


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
                    "key": a_field("byKey: the field that is the key, its name or a dotted path."),
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
