"""What is done to a list by its items' keys: sort, group, drop repeats."""

from collections.abc import Mapping
from typing import Any

from shared.plugins.items import key_text, keys_of
from shared.plugins.numbers import Number, number_of
from shared.plugins.plugin import Manifest, Plugin, TaskContext
from shared.plugins.shapes import (
    COUNT,
    FIELD_OR_EXPRESSION,
    ITEMS,
    array,
    boolean,
    choice,
    closed,
    deferred,
    integer,
    mapping,
    outputs,
    string,
)
from shared.plugins.values import identity, invalid, type_name


def _sort(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    items = properties["items"]
    keys = keys_of(items, properties.get("by"), context)
    if properties.get("numeric", False):
        keys = [_as_number(key, index) for index, key in enumerate(keys)]
    order = [index for index, key in enumerate(keys) if key is not None]
    _check_comparable(keys, order)
    try:
        order.sort(key=keys.__getitem__, reverse=properties.get("order") == "desc")
    except (TypeError, RecursionError):
        raise invalid("the keys of some items cannot be compared with each other") from None
    last = [index for index, key in enumerate(keys) if key is None]
    return {"items": [items[index] for index in order + last]}


def _as_number(key: Any, index: int) -> Number | None:
    return None if key is None else number_of(key, f"the key of item {index}")


def _check_comparable(keys: list[Any], order: list[int]) -> None:
    """Raise unless all keys are of one kind, and of one that has an order."""
    for index in order:
        if isinstance(keys[index], dict):
            raise invalid(f"the key of item {index} is a map, which has no order")
        if type_name(keys[index]) != type_name(keys[order[0]]):
            raise invalid(
                f"the key of item {index} is {type_name(keys[index])}, "
                f"that of item {order[0]} {type_name(keys[order[0]])}"
            )


def _group(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    items = properties["items"]
    groups: dict[str, list[Any]] = {}
    for item, key in zip(items, keys_of(items, properties["by"], context), strict=True):
        groups.setdefault(key_text(key), []).append(item)
    return {"groups": groups, "keys": list(groups), "count": len(groups)}


def _unique(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    items = properties["items"]
    first: dict[str, Any] = {}
    for item, key in zip(items, keys_of(items, properties.get("by"), context), strict=True):
        first.setdefault(identity(key), item)
    return {
        "items": list(first.values()),
        "count": len(first),
        "removed": len(items) - len(first),
    }


PLUGINS = (
    Plugin(
        Manifest(
            id="transform.sort",
            name="Sort",
            category="transform",
            description=(
                "Sorts a list and keeps equal items in their order. Keys are compared as what "
                "they are: all numbers, or all strings. Items without a key come last."
            ),
            input_schema=closed(
                {
                    "items": ITEMS,
                    "by": deferred(f"The key: {FIELD_OR_EXPRESSION}; the item itself without it."),
                    "order": choice("Smallest or largest first.", "asc", "desc", default="asc"),
                    "numeric": boolean("Read keys that are text as numbers.", default=False),
                },
                required=["items"],
            ),
            output_schema=outputs({"items": array("The same items, sorted.")}),
            icon="arrow-down-narrow-wide",
        ),
        _sort,
    ),
    Plugin(
        Manifest(
            id="flow.group",
            name="Group",
            category="flow",
            description="Puts items of the same key together.",
            input_schema=closed(
                {"items": ITEMS, "by": deferred(f"The key: {FIELD_OR_EXPRESSION}.")},
                required=["items", "by"],
            ),
            output_schema=outputs(
                {
                    "groups": mapping("Key, as text, to items; JSON where the key is no string."),
                    "keys": array("Keys in order of first appearance.", items=string("A key.")),
                    "count": integer("How many groups there are."),
                }
            ),
            icon="group",
        ),
        _group,
    ),
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
