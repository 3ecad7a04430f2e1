"""JSON values as expressions see them: their truth, their text, their size, their kind."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from shared.expressions.errors import TemplateError
from shared.expressions.limits import MAX_RESULT_BYTES, MAX_VALUE_DEPTH
from shared.json_text import identity, number_text, text_json
from shared.messages import Message

Json: TypeAlias = Any

TOO_LARGE = "the result is larger than 1 MiB"
NOT_JSON = "a value is not JSON"
TOO_DEEP = "the value is nested too deeply"

_KINDS = {
    str: "text",
    int: "a number",
    float: "a number",
    bool: "a boolean",
    list: "a list",
    dict: "a map",
    type(None): "null",
}
SCALARS = frozenset({int, float, bool, type(None)})
"""The types that are compared, copied and written in no time."""
_DIGITS_PER_BIT = 0.30103
_FALSE_TEXTS = frozenset({"", "0", "false"})


def _nothing() -> Message:
    return Message("")


class Missing:
    """A value that was read and not found; `label` is how: the author's words and read keys.

    `why` tells, once somebody asks, what there is instead.
    """

    __slots__ = ("label", "why")

    def __init__(self, label: Message, why: Callable[[], Message] = _nothing) -> None:
        self.label = label
        self.why = why

    def error(self) -> TemplateError:
        why = self.why()
        return TemplateError(Message("'{label}' is undefined{why}", label=self.label, why=why))


def is_true(value: Json) -> bool:
    """Tell the truth of a condition: false, null, 0, empty, `"false"` and `"0"` are false."""
    if type(value) is str:
        return value not in _FALSE_TEXTS
    return bool(value)


def kind(value: Json) -> str:
    """Name a value's type for a message, with its article."""
    return _KINDS.get(type(value), "a map" if is_map(value) else "something that is not JSON")


def is_number(value: Json) -> bool:
    """Say whether arithmetic takes this value; true and false count as 1 and 0, as in Python."""
    return type(value) in (int, float, bool)


def is_map(value: Json) -> bool:
    """Say whether this is a map, one that renders its values when they are read included."""
    return type(value) is dict or (type(value) not in _KINDS and issubclass(type(value), Mapping))


def plain(value: Json) -> Json:
    """Pass a JSON value through, make a plain map of any other mapping, refuse the rest."""
    if type(value) in _KINDS:
        return value
    if is_map(value):
        return dict(value)
    raise TemplateError(NOT_JSON)


def text(value: Json) -> str:
    """Write a value inside other text: null as nothing, lists and maps as compact JSON."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if type(value) is float or type(value) is int:
        return number_text(value)
    return compact(value)


def scalar_text(value: Json) -> str:
    """Write a parameter that means text: a number as its digits, a list or a map never."""
    if type(value) is list or is_map(value):
        raise TemplateError(f"expected text, not {kind(value)}")
    return text(value)


def key_of(value: Json) -> str:
    """Write a text that is equal for equal JSON values only."""
    try:
        return identity(value)
    except (TypeError, ValueError):
        raise TemplateError(NOT_JSON) from None
    except RecursionError:
        raise TemplateError(TOO_DEEP) from None


def compact(value: Json, indent: int | None = None) -> str:
    """Write JSON without needless white space, or with `indent` spaces per level."""
    try:
        return text_json(plain(value), indent=indent, allow_nan=False)
    except (TypeError, ValueError):
        raise TemplateError(NOT_JSON) from None
    except RecursionError:
        raise TemplateError(TOO_DEEP) from None


def utf8(value: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise TemplateError("the text holds half of a surrogate pair") from None


def measure(
    value: Json,
    limit: int = MAX_RESULT_BYTES,
    *,
    indent: int = 0,
    depth: int = MAX_VALUE_DEPTH,
) -> int:
    """Count the characters that a value has as JSON, and refuse what is too large or too deep.

    Values share their parts, so that a short expression can name an enormous one: the walk goes
    level by level and ends as soon as the count is over the limit, whatever is still ahead.
    """
    size = 0
    level: list[Json] = [value]
    for level_number in range(depth):
        below: list[Json] = []
        for part in level:
            size += _own_size(part) + level_number * indent
            if size > limit:
                raise TemplateError(TOO_LARGE)
            if type(part) is list:
                below.extend(part)
            elif is_map(part):
                below.extend(part.values())
        if not below:
            return size
        level = below
    raise TemplateError(TOO_DEEP)


def _own_size(value: Json) -> int:
    """Count a value's own characters, rather too few, without those of the values it holds."""
    of = type(value)
    if of is str:
        return len(value) + 2
    if of is int:
        return int((value.bit_length() - 1) * _DIGITS_PER_BIT) + 1
    if of is float:
        return len(repr(value))
    if of is list:
        return len(value) + 1
    if of is bool or value is None:
        return 5 if value is False else 4
    return _map_size(value)


def _map_size(value: Json) -> int:
    if not is_map(value):
        raise TemplateError(NOT_JSON)
    size = 1
    for key in value:
        if type(key) is not str:
            raise TemplateError("a map has a key that is not text")
        size += len(key) + 4
    return size


def json_size(value: Json) -> int:
    """Count the bytes of a result as compact JSON, and refuse what is too large or too deep."""
    estimate = measure(value)
    # A character has at most six bytes, so most results need no exact count.
    if estimate * 6 <= MAX_RESULT_BYTES:
        return estimate
    size = len(utf8(compact(value)))
    if size > MAX_RESULT_BYTES:
        raise TemplateError(TOO_LARGE)
    return size
