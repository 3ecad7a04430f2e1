"""JSON values as plugins treat them: their text, their identity, and how large they may get."""

import json
import math
from collections.abc import Sequence
from typing import Any

from shared import json_text
from shared.messages import InvalidValueError, Message
from shared.plugins.sdk.plugin import PluginError

MAX_RESULT = 10 * 1024 * 1024
"""The most characters, cells or JSON bytes that one task may produce."""

MAX_DEPTH = 100
"""The depth to which lists and maps of a text from outside may nest."""

_NAMES = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "a map",
}


def invalid(message: Message | str) -> PluginError:
    """Return the error of a property whose value the task cannot work with."""
    return PluginError(message, code="invalid_value")


def too_large(what: Message | str) -> PluginError:
    message = Message("{what} would be larger than a task may produce", what=Message.of(what))
    return PluginError(message, code="too_large")


def type_name(value: Any) -> str:
    return "null" if value is None else _NAMES.get(type(value), "an unknown value")


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def compact(value: Any) -> str:
    """Return JSON without spaces, keys in their order, other letters than ASCII as they are."""
    try:
        return json_text.text_json(value)
    except RecursionError:
        raise invalid("a value is nested too deeply") from None


def text(value: Any) -> str:
    """Write a value as templates do: null as nothing, 5.0 as 5, true and false, lists as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else compact(value)


def identity(value: Any) -> str:
    """Return a text equal for equal JSON values only: 1 is 1.0, but neither true nor "1"."""
    try:
        return json_text.identity(value)
    except RecursionError:
        raise invalid("a value is nested too deeply") from None


def key_text(key: Any) -> str:
    """Write a key as a map's key: a string as it is, anything else as the JSON of its identity."""
    return key if isinstance(key, str) else identity(key)


def parse_json(source: str) -> Any:
    """Read strict JSON that is safe to keep; ValueError for anything else.

    Refused besides bad syntax: NaN and numbers beyond a double, half surrogate pairs, and
    nesting beyond `MAX_DEPTH`.
    """
    try:
        value = json.loads(source, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError:
        raise InvalidValueError("nested too deeply") from None
    if source.count("[") + source.count("{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise InvalidValueError("nested too deeply")
    if "\\ud" in source.lower():
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _no_constant(name: str) -> Any:
    raise InvalidValueError(Message("{name} is no JSON", name=name))


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise InvalidValueError("a number is out of range")
    return value


def _depth(value: Any) -> int:
    depth, layer = 0, [value]
    while layer and depth <= MAX_DEPTH:
        depth += 1
        layer = [
            child
            for node in layer
            if isinstance(node, list | dict)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
    return depth


def _map(item: Any, index: int) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise invalid(Message(f"item {{index}} is {type_name(item)}, not a map", index=index))
    return item


def deep_merged(old: Any, new: Any) -> Any:
    """Merge maps at every level; anything else, lists and null too, is replaced by the new."""
    return all_merged([old, new])


def all_merged(values: Sequence[Any]) -> Any:
    """Merge as `deep_merged` does, one value after the other, but visit each field once."""
    try:
        return _all_merged(values)
    except RecursionError:
        raise invalid("a value is nested too deeply") from None


def _all_merged(values: Sequence[Any]) -> Any:
    maps: list[Any] = []
    for value in values:
        if not (maps and isinstance(value, dict) and isinstance(maps[-1], dict)):
            maps.clear()
        maps.append(value)
    if len(maps) == 1:
        return maps[0]
    fields: dict[str, list[Any]] = {}
    for each in maps:
        for name, value in each.items():
            fields.setdefault(name, []).append(value)
    return {name: _all_merged(found) for name, found in fields.items()}
