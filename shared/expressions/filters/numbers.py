"""Filters that make numbers of things and other things of numbers."""

import math
from collections.abc import Callable, Mapping

from shared.expressions import operators
from shared.expressions.errors import TemplateError
from shared.expressions.filters.fields import getter, items_of
from shared.expressions.functions import whole
from shared.expressions.scope import Run, finite
from shared.expressions.values import Json, is_number, kind

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
    number = _number(value)
    if abs(whole(precision)) > _MAX_PRECISION:
        raise TemplateError(f"round takes a precision up to {_MAX_PRECISION}")
    if method == "common":
        return round(number, precision)
    if method not in ("ceil", "floor"):
        raise TemplateError("round's method is common, ceil or floor")
    direction = math.ceil if method == "ceil" else math.floor
    return direction(finite(number * 10**precision)) / 10**precision


def integer(_: Run, value: Json, /, default: Json = 0, base: Json = 10) -> Json:
    """Make a whole number, cutting decimals off; give `default` where that is impossible."""
    if not 2 <= whole(base) <= 36:
        raise TemplateError("int takes a base from 2 to 36")
    if is_number(value) or (type(value) is str and len(value) <= _LONGEST_NUMBER):
        for convert in (_whole_text(base), int, lambda found: int(float(found))):
            try:
                return finite(convert(value))
            except (TypeError, ValueError, OverflowError):
                continue
    return default


def _whole_text(base: int) -> Callable[[Json], int]:
    return lambda value: int(value, base)


def floating(_: Run, value: Json, /, default: Json = 0.0) -> Json:
    """Make a number with decimals; give `default` where that is impossible."""
    if is_number(value) or (type(value) is str and len(value) <= _LONGEST_NUMBER):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            return default
        return number if math.isfinite(number) else default
    return default


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
