"""JSON values as text: as they are stored, as other text shows them, and as keys."""

import json
from collections.abc import Callable, Mapping
from typing import Any

Json = Any
"""A JSON value: None, bool, int, float, str, list or dict with string keys."""

_LARGEST_PLAIN = 1e16
"""Whole floats below it are written with all their digits, which are known of them."""


def compact(value: Any) -> str:
    """Write JSON that is read back to the same value, 5.0 included: for what is stored."""
    return _STORED.encode(value)


def kind(value: Any) -> str:
    """Name the type of a JSON value for a message, with its article."""
    return "null" if value is None else _KINDS.get(type(value), "a map")


_KINDS: Mapping[type, str] = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
}


def number_text(value: float) -> str:
    """Write a number as every text shows it: 5.0 is `5`, 0.5 is `0.5`.

    From 1e16 on a float has an exponent; an integer has all its digits, however large.
    """
    if isinstance(value, int):
        return str(value)
    return str(int(value)) if _is_plain(value) else repr(value)


def _is_plain(value: float) -> bool:
    return value.is_integer() and abs(value) < _LARGEST_PLAIN


def whole_number(value: Any) -> int | None:
    """Return a whole number as an integer, 5.0 too as in JSON Schema, or None for all else."""
    if type(value) is float and value.is_integer():
        return int(value)
    return value if type(value) is int else None


def text_json(value: Any, *, indent: int | None = None, allow_nan: bool = True) -> str:
    """Write JSON for people and other services, its numbers as `number_text` does.

    Without `indent` it is compact. TypeError for what is no JSON, RecursionError for what is too
    deep.
    """
    separators = (",", ":") if indent is None else (",", ": ")

    def dumped(part: Any) -> str:
        return json.dumps(
            part,
            ensure_ascii=False,
            separators=separators,
            indent=indent,
            allow_nan=allow_nan,
            default=_as_dict,
        )

    written = dumped(value)
    return dumped(_without_points(value)) if _may_have_points(written) else written


def identity(value: Any) -> str:
    """Return a text equal for equal JSON values only, the one key of each.

    The order of fields does not matter, 1 is 1.0, at every depth; but neither is true or "1". What
    has sorted fields and no whole floats is written as `compact` writes it: digests of that are
    stored (ADR 20). TypeError for what is no JSON, RecursionError for what is too deep.
    """
    written = _KEYS.encode(value)
    return _KEYS.encode(canonical(value)) if _may_have_points(written) else written


def key_text(value: Any) -> str:
    """Write a value as the key of a map: a string as it is, all else as its identity."""
    return value if isinstance(value, str) else identity(value)


def canonical(value: Any) -> Any:
    """Return an equal value without whole floats: 1.0 is 1, however large."""
    return _converted(value, lambda number: number.is_integer())


def _without_points(value: Any) -> Any:
    return _converted(value, _is_plain)


def _converted(value: Any, is_whole: Callable[[float], bool]) -> Any:
    if type(value) is list:
        return [_converted(item, is_whole) for item in value]
    if is_map(value):
        return {key: _converted(item, is_whole) for key, item in value.items()}
    return int(value) if type(value) is float and is_whole(value) else value


def _may_have_points(written: str) -> bool:
    """Tell quickly that JSON has no whole floats, as most has none; True may be wrong."""
    return ".0" in written or "e+" in written


def _as_dict(value: Any) -> Any:
    if is_map(value):
        return dict(value)
    raise TypeError("a value is not JSON")


def is_map(value: Any) -> bool:
    """Tell a map, one that works its values out when they are read too, by its type alone.

    `isinstance` would ask a foreign object what it is.
    """
    return type(value) is dict or issubclass(type(value), Mapping)


_STORED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_KEYS = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_as_dict
)
"""Made once, both: each task has outputs, and lists of a million items have a million keys."""
