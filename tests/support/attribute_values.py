"""DynamoDB's attribute values as they are sent: how large, deep and precise, and their order."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

Value = Mapping[str, Any]
"""A type and what is of it: `{"S": "text"}`."""


def size(item: Mapping[str, Value]) -> int:
    """Return about how many bytes an item takes: names, values, and what containers add."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Value) -> int:
    [(kind, content)] = value.items()
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _size(each) for name, each in content.items())
    if kind == "L":
        return 3 + sum(1 + _size(each) for each in content)
    if kind in {"SS", "NS", "BS"}:
        return sum(map(_bytes, content))
    return 1 if kind in {"BOOL", "NULL"} else _bytes(content)


def _bytes(content: str | bytes) -> int:
    return len(content.encode() if isinstance(content, str) else content)


def depth(value: Value) -> int:
    """Return how many lists and maps stand inside each other."""
    [(kind, content)] = value.items()
    if kind not in {"L", "M"}:
        return 0
    inner = content.values() if kind == "M" else content
    return 1 + max(map(depth, inner), default=0)


def numbers(value: Value) -> Iterator[str]:
    """Yield every number of a value, as it is written."""
    [(kind, content)] = value.items()
    if kind == "N":
        yield content
    elif kind == "NS":
        yield from content
    elif kind in {"L", "M"}:
        for each in content.values() if kind == "M" else content:
            yield from numbers(each)


def digits(number: str) -> int:
    """Return how many digits of a number are significant."""
    written = "".join(map(str, Decimal(number).as_tuple().digits))
    return len(written.strip("0"))


def length(value: Value) -> int:
    """Return the bytes of a key's value."""
    [content] = value.values()
    return _bytes(content)


def sort_key(value: Value) -> Any:
    """Return what values of one type are ordered by: numbers, or bytes."""
    [(kind, content)] = value.items()
    if kind == "N":
        return Decimal(content)
    return content.encode() if isinstance(content, str) else content
