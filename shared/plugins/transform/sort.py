"""`transform.sort` orders the items of a list by their keys."""

from collections.abc import Mapping
from typing import Any

from shared.json_schema.builders import (
    FIELD_OR_EXPRESSION,
    ITEMS,
    array,
    boolean,
    choice,
    closed,
    deferred,
    outputs,
)
from shared.messages import Message
from shared.plugins.sdk.items import in_time, keys_of
from shared.plugins.sdk.numbers import Number, number_of
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext
from shared.plugins.sdk.values import invalid, type_name
from shared.times import time_orders


def _sort(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    items = properties["items"]
    keys = keys_of(items, properties.get("by"), context)
    if properties.get("numeric", False):
        keys = [_as_number(key, index) for index, key in in_time(context, keys)]
    order = [index for index, key in enumerate(keys) if key is not None]
    _check_comparable(keys, order, context)
    times = time_orders(keys[index] for _, index in in_time(context, order))
    compared = dict(zip(order, times, strict=True)) if times else keys
    try:
        order.sort(key=compared.__getitem__, reverse=properties.get("order") == "desc")
    except (TypeError, RecursionError):
        raise invalid("the keys of some items cannot be compared with each other") from None
    last = [index for index, key in enumerate(keys) if key is None]
    return {"items": [items[index] for index in order + last]}


def _as_number(key: Any, index: int) -> Number | None:
    return None if key is None else number_of(key, Message("the key of item {index}", index=index))


def _check_comparable(keys: list[Any], order: list[int], context: TaskContext) -> None:
    """Raise unless all keys are of one kind, and of one that has an order."""
    for _, index in in_time(context, order):
        if isinstance(keys[index], dict):
            sentence = "the key of item {index} is a map, which has no order"
            raise invalid(Message(sentence, index=index))
        if isinstance(keys[index], list) and any(isinstance(each, list) for each in keys[index]):
            # Python would compare their insides once for each level.
            sentence = "the key of item {index} has a list inside a list, which has no order"
            raise invalid(Message(sentence, index=index))
        if type_name(keys[index]) != type_name(keys[order[0]]):
            raise invalid(
                Message(
                    f"the key of item {{index}} is {type_name(keys[index])}, "
                    f"that of item {{first}} {type_name(keys[order[0]])}",
                    index=index,
                    first=order[0],
                )
            )


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
)
