"""A value in the type that an input declares: coerced when nothing is lost."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from shared.durations import parse_duration
from shared.flows.language.definition import InputDefinition, InputType
from shared.json_text import text_json
from shared.messages import InvalidValueError, Message
from shared.times import from_rfc3339


def coerce(definition: InputDefinition, value: Any) -> Any:
    """Return one value in its declared type; InvalidValueError says what is wrong with it."""
    coerced = _COERCIONS[definition.type](value)
    _check_values(definition, coerced)
    _check_bounds(definition, coerced)
    _check_pattern(definition, coerced)
    return coerced


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return text_json(value)
    raise InvalidValueError(f"must be a string, not {_kind(value)}")


def _int(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            message = Message("must be an integer, not '{value:40}'", value=value)
            raise InvalidValueError(message) from None
    raise InvalidValueError(f"must be an integer, not {_kind(value)}")


def _float(value: Any) -> float | int:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            message = Message("must be a number, not '{value:40}'", value=value)
            raise InvalidValueError(message) from None
        if number - number == 0:
            return number
    raise InvalidValueError(f"must be a finite number, not {_kind(value)}")


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise InvalidValueError(f"must be true or false, not {_kind(value)}")


def _parsed(parse: Callable[[Any], Any], example: str) -> Callable[[Any], Any]:
    """Check text by parsing it; the text itself is kept, so that nothing is lost."""

    def check(value: Any) -> Any:
        try:
            parse(value)
        except (ValueError, TypeError):
            sentence = "must look like {example}, not '{value:40}'"
            message = Message(sentence, example=Message.of(example), value=value)
            raise InvalidValueError(message) from None
        return value

    return check


def _array(value: Any) -> list[Any]:
    if isinstance(value, str):
        from shared.plugins.sdk.values import parse_json  # noqa: PLC0415 - few lists come as text

        try:
            value = parse_json(value)
        except ValueError:
            raise InvalidValueError("must be a list, not a string") from None
    if isinstance(value, list):
        return value
    raise InvalidValueError(f"must be a list, not {_kind(value)}")


def _unchanged(value: Any) -> Any:
    return value


_COERCIONS: Mapping[InputType, Callable[[Any], Any]] = {
    InputType.STRING: _string,
    InputType.INT: _int,
    InputType.FLOAT: _float,
    InputType.BOOLEAN: _boolean,
    InputType.DATE: _parsed(date.fromisoformat, "2026-01-31"),
    InputType.DATETIME: _parsed(from_rfc3339, "2026-01-31T12:00:00Z"),
    InputType.DURATION: _parsed(parse_duration, "1h30m"),
    InputType.JSON: _unchanged,
    InputType.ARRAY: _array,
    InputType.ENUM: _unchanged,
    InputType.SECRET: _string,
}


def _check_values(definition: InputDefinition, value: Any) -> None:
    if definition.values is not None and value not in definition.values:
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


def _kind(value: Any) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string"}
    return names.get(type(value), "null" if value is None else "a list or map")
