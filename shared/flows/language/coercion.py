"""A value in the type that an input declares: coerced when nothing is lost."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from shared import strict_json
from shared.durations import parse_duration
from shared.flows.language.definition import InputDefinition, InputType
from shared.json_text import identity, kind, text_json
from shared.messages import InvalidValueError, Message
from shared.times import from_rfc3339


def coerce(definition: InputDefinition, value: Any) -> Any:
    """Return one value in its declared type; InvalidValueError says what is wrong with it."""
    coerced = _COERCIONS[definition.type](value)
    _check_values(definition, coerced)
    _check_bounds(definition, coerced)
    _check_pattern(definition, coerced)
    strict_json.text_of(coerced)
    return coerced


_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?(?:nan|inf|infinity)", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(
    rf"{_DATE.pattern}[Tt ][0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:\.[0-9]+)?)?"
    r"(?:Z|[-+][0-9]{2}:?[0-9]{2})"
)
_LARGEST_EXACT = 2**53
"""The number beyond which doubles leave whole numbers out."""


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        strict_json.text_of(value)
        return text_json(value)
    raise InvalidValueError(f"must be a string, not {kind(value)}")


def _int(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return _exact(value)
    if not isinstance(value, str):
        raise InvalidValueError(f"must be an integer, not {kind(value)}")
    if not _INTEGER.fullmatch(value):
        raise InvalidValueError(Message("must be an integer, not '{value:40}'", value=value))
    return strict_json.whole_number(value)


def _exact(value: float) -> int:
    if abs(value) > _LARGEST_EXACT:
        sentence = "{value} may have lost digits: write it without a point and an exponent"
        raise InvalidValueError(Message(sentence, value=value))
    return int(value)


def _float(value: Any) -> float | int:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise InvalidValueError(f"must be a finite number, not {kind(value)}")
    if _NOT_FINITE.fullmatch(value):
        raise InvalidValueError("must be a finite number, not a string")
    if not _FLOAT.fullmatch(value):
        raise InvalidValueError(Message("must be a number, not '{value:40}'", value=value))
    return strict_json.decimal_number(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise InvalidValueError(f"must be true or false, not {kind(value)}")


def _parsed(
    parse: Callable[[Any], Any], example: str, form: re.Pattern[str] | None = None
) -> Callable[[Any], Any]:
    """Check text by its form and by parsing it; the text itself is kept: nothing is lost."""

    def check(value: Any) -> Any:
        try:
            if form and not form.fullmatch(value):
                raise InvalidValueError("another form")
            parse(value)
        except (ValueError, TypeError):
            sentence = "must look like {example}, not '{value:40}'"
            message = Message(sentence, example=Message.of(example), value=value)
            raise InvalidValueError(message) from None
        return value

    return check


def _array(value: Any) -> list[Any]:
    if isinstance(value, str):
        try:
            value = strict_json.parse(value.removeprefix("\ufeff"))
        except json.JSONDecodeError:
            raise InvalidValueError("must be a list, not a string") from None
    if isinstance(value, list):
        return value
    raise InvalidValueError(f"must be a list, not {kind(value)}")


def _unchanged(value: Any) -> Any:
    return value


_COERCIONS: Mapping[InputType, Callable[[Any], Any]] = {
    InputType.STRING: _string,
    InputType.INT: _int,
    InputType.FLOAT: _float,
    InputType.BOOLEAN: _boolean,
    InputType.DATE: _parsed(date.fromisoformat, "2026-01-31", _DATE),
    InputType.DATETIME: _parsed(from_rfc3339, "2026-01-31T12:00:00Z", _DATETIME),
    InputType.DURATION: _parsed(parse_duration, "1h30m"),
    InputType.JSON: _unchanged,
    InputType.ARRAY: _array,
    InputType.ENUM: _unchanged,
    InputType.SECRET: _string,
}


def _check_values(definition: InputDefinition, value: Any) -> None:
    if definition.values is None:
        return
    # Python's `in` finds true among 0 and 1.
    if identity(value) not in map(identity, definition.values):
        allowed = ", ".join(json.dumps(item, ensure_ascii=False) for item in definition.values)
        raise InvalidValueError(Message("must be one of {allowed:10000}", allowed=allowed))


def _check_bounds(definition: InputDefinition, value: Any) -> None:
    measure, noun = _measure(definition.type)
    if definition.min is not None and measure(value) < _bound(definition, definition.min):
        message = Message("{noun} at least {bound}", noun=Message.of(noun), bound=definition.min)
        raise InvalidValueError(message)
    if definition.max is not None and measure(value) > _bound(definition, definition.max):
        message = Message("{noun} at most {bound}", noun=Message.of(noun), bound=definition.max)
        raise InvalidValueError(message)


def _measure(kind: InputType) -> tuple[Callable[[Any], Any], str]:
    """Return how `min` and `max` measure a type (length, time or the value), and its words."""
    if kind in {InputType.STRING, InputType.SECRET}:
        return len, "must have a length of"
    if kind is InputType.ARRAY:
        return len, "must have a number of items of"
    return _ORDERS.get(kind, _unchanged), "must be"


_ORDERS: Mapping[InputType, Callable[[Any], Any]] = {
    InputType.DATE: date.fromisoformat,
    InputType.DATETIME: from_rfc3339,
    InputType.DURATION: parse_duration,
}


def _bound(definition: InputDefinition, bound: Any) -> Any:
    return _ORDERS.get(definition.type, _unchanged)(bound)


def _check_pattern(definition: InputDefinition, value: Any) -> None:
    if definition.pattern is None or not isinstance(value, str):
        return
    import re2  # noqa: PLC0415 - linear time whatever the pattern; few flows have one

    if not re2.fullmatch(definition.pattern, value):
        raise InvalidValueError(Message("must match {pattern:10000}", pattern=definition.pattern))
