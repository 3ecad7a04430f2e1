"""Filters that make numbers of things and other things of numbers."""

import math
from collections.abc import Callable, Mapping

from shared.expressions import operators
from shared.expressions.errors import TemplateError
from shared.expressions.filters.fields import getter, items_of
from shared.expressions.functions import whole
from shared.expressions.scope import Run, finite
from shared.expressions.values import Json, is_number, kind
from shared.field_paths import ABSENT
from shared.messages import Message

_MAX_PRECISION = 300
_LONGEST_NUMBER = 400
_PREFIXES = "kMGTPEZY"


def absolute(_: Run, value: Json, /) -> Json:
    return abs(_number(value))


def _number(value: Json) -> Json:
    if not is_number(value):
        raise TemplateError(f"expected a number, not {kind(value)}")
    return finite(value)


def rounded(_: Run, value: Json, /, precision: Json = 0, method: Json = "common") -> Json:
    """Round to `precision` decimals: the nearest (`common`), `ceil` or `floor`."""
    number, decimals = _number(value), whole(precision)
    if abs(decimals) > _MAX_PRECISION:
        raise TemplateError(f"round takes a precision up to {_MAX_PRECISION}")
    if method == "common":
        return round(number, decimals)
    if method not in ("ceil", "floor"):
        raise TemplateError("round's method is common, ceil or floor")
    direction = math.ceil if method == "ceil" else math.floor
    return direction(finite(number * 10**decimals)) / 10**decimals


def integer(_: Run, value: Json, /, default: Json = ABSENT, base: Json = 10) -> Json:
    """Make a whole number, cutting decimals off; where that is impossible, `default` or an error.

    A text is a number in ASCII digits, without underscores.
    """
    radix = whole(base)
    if not 2 <= radix <= 36:
        raise TemplateError("int takes a base from 2 to 36")
    if _may_be_number(value):
        for convert in (_whole_text(radix), int, lambda found: int(float(found))):
            try:
                return finite(convert(value))
            except (TypeError, ValueError, OverflowError):
                continue
    return _instead(value, default, "a whole number")


def _may_be_number(value: Json) -> bool:
    if type(value) is str:
        return len(value) <= _LONGEST_NUMBER and value.isascii() and "_" not in value
    return is_number(value)


def _instead(value: Json, default: Json, what: str) -> Json:
    """Return what was given for a value that is no number; without it that is an error."""
    if default is not ABSENT:
        return default
    if type(value) is str:
        raise TemplateError(Message("'{text:40}' is not {what}", text=value, what=Message.of(what)))
    raise TemplateError(
        Message("{kind} is not {what}", kind=Message(kind(value)), what=Message.of(what))
    )


def _whole_text(base: int) -> Callable[[Json], int]:
    return lambda value: int(value, base)


def floating(_: Run, value: Json, /, default: Json = ABSENT) -> Json:
    """Make a number with decimals; where that is impossible, `default` or an error."""
    if _may_be_number(value):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            return _instead(value, default, "a number")
        if math.isfinite(number):
            return number
    return _instead(value, default, "a number")


def total(run: Run, value: Json, /, attribute: Json = None, start: Json = 0) -> Json:
    """Add items, or a field of each, to `start`."""
    read = getter(attribute)
    result = start
    for item in items_of(value):
        run.look()
        result = operators.add(run, result, read(item))
    return result


def filesizeformat(_: Run, value: Json, /, binary: Json = None) -> str:
    size = float(_number(floating(_, value) if type(value) is str else value))
    step = 1024 if binary else 1000
    if abs(size) < step:
        return "1 Byte" if size == 1 else f"{int(size)} Bytes"
    exponent = 1
    while abs(size) >= step ** (exponent + 1) and exponent < len(_PREFIXES):
        exponent += 1
    prefix = _PREFIXES[exponent - 1]
    unit = f"{prefix.upper()}iB" if binary else f"{prefix}B"
    return f"{size / step**exponent:.1f} {unit}"


NUMBERS: Mapping[str, Callable[..., Json]] = {
    "abs": absolute,
    "round": rounded,
    "int": integer,
    "float": floating,
    "sum": total,
    "filesizeformat": filesizeformat,
}
