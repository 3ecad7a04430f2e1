"""The rules for the inputs that a flow declares."""

from datetime import date
from typing import Any

from shared.durations import parse_duration
from shared.flows.language.coercion import coerce
from shared.flows.language.definition import InputDefinition, InputType
from shared.flows.source.report import Spot
from shared.flows.validation import fields, habits
from shared.flows.validation.fields import Field, read_fields
from shared.json_schema.pattern_errors import explained
from shared.json_text import kind
from shared.messages import reason
from shared.times import from_rfc3339

MAX_INPUTS = 100
MAX_SECRETS = 50
"""Of a flow: each makes the masking of all that its tasks yield longer."""
MAX_PATTERN = 1000
"""Characters of a pattern."""
_PATTERN_MEMORY = 256 * 1024
"""Bytes of a compiled pattern; a few characters may need thirty times as many, and 300 ms."""

_MEASURED_BY_LENGTH = frozenset({InputType.STRING, InputType.SECRET, InputType.ARRAY})
_MEASURED = _MEASURED_BY_LENGTH | {
    InputType.INT,
    InputType.FLOAT,
    InputType.DATE,
    InputType.DATETIME,
    InputType.DURATION,
}
_ORDERS = {
    InputType.DATE: date.fromisoformat,
    InputType.DATETIME: from_rfc3339,
    InputType.DURATION: parse_duration,
}
_MATCHED = frozenset({InputType.STRING, InputType.SECRET})
_LISTED = frozenset(InputType) - {InputType.SECRET, InputType.JSON, InputType.BOOLEAN}
_CONSTRAINTS = {"values": _LISTED, "min": _MEASURED, "max": _MEASURED, "pattern": _MATCHED}


def _pattern(spot: Spot) -> str | None:
    pattern = fields.text(spot)
    if pattern is None:
        return None
    if len(pattern) > MAX_PATTERN:
        spot.refuse(f"the pattern has {len(pattern)} characters, at most {MAX_PATTERN} are allowed")
        return None
    import re2  # noqa: PLC0415 - few flows have a pattern

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _PATTERN_MEMORY
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        spot.refuse(f"bad pattern: {explained(error).unmasked()}")
        return None
    return pattern


def _values(spot: Spot) -> tuple[Any, ...] | None:
    if not spot.node.items:
        spot.refuse("must be a list of at least one value")
        return None
    for child in spot.items():
        if child.node.scalar is None or child.value is None:
            child.refuse(f"must be text, a number, true or false, not {kind(child.value)}")
    return tuple(spot.value)


def _bound(spot: Spot) -> int | float | str | None:
    if isinstance(spot.value, int | float | str) and not isinstance(spot.value, bool):
        return spot.value
    fields.refuse_kind(spot, "a number, a date or a duration")
    return None


_FIELDS = {
    "name": Field(
        fields.name(
            r"[a-zA-Z_][a-zA-Z0-9_-]*",
            100,
            'letters, digits, "_" and "-", beginning with a letter or "_"',
        ),
        is_required=True,
    ),
    "type": Field(fields.choice(*InputType), is_required=True),
    "required": Field(fields.boolean),
    "default": Field(fields.anything, takes_null=True),
    "description": Field(fields.text),
    "values": Field(_values),
    "min": Field(_bound),
    "max": Field(_bound),
    "pattern": Field(_pattern),
}


def read_inputs(spot: Spot) -> tuple[InputDefinition, ...]:
    """Return every declared input that could be read; compare names, constraints and types."""
    if spot.node.items is None:
        fields.refuse_kind(spot, "a list")
        return ()
    if len(spot.node.items) > MAX_INPUTS:
        spot.refuse(f"{len(spot.node.items)} inputs, at most {MAX_INPUTS} are allowed")
        return ()
    first: dict[str, str] = {}
    declared = []
    for child in spot.items():
        definition = _read_input(child)
        if definition is None:
            continue
        if definition.name in first:
            place = child.entry("name") or child
            place.refuse(f'duplicate input "{definition.name}", first at {first[definition.name]}')
        else:
            first[definition.name] = child.path
        declared.append(definition)
    secrets = sum(definition.type is InputType.SECRET for definition in declared)
    if secrets > MAX_SECRETS:
        spot.refuse(f"{secrets} SECRET inputs, at most {MAX_SECRETS} are allowed")
    return tuple(declared)


def _read_input(spot: Spot) -> InputDefinition | None:
    values = read_fields(spot, _FIELDS, habits.of_input)
    if values.get("name") is None or values.get("type") is None:
        return None
    values["type"] = InputType(values["type"])
    has_default = spot.entry("default") is not None
    definition = InputDefinition.model_construct(
        **{**values, "has_default": has_default, "required": values.get("required", True)}
    )
    if _has_fitting_constraints(spot, definition) and has_default:
        definition = _with_default(spot, definition)
    return definition.model_copy(update={"required": definition.required and not has_default})


def _has_fitting_constraints(spot: Spot, definition: InputDefinition) -> bool:
    found = [
        _is_fitting(spot.entry(key), key, types, definition.type)
        for key, types in _CONSTRAINTS.items()
    ]
    if definition.type is InputType.ENUM and spot.entry("values") is None:
        spot.refuse('an ENUM input needs "values"')
        return False
    return all(found) and _has_ordered_bounds(spot, definition)


def _is_fitting(spot: Spot | None, key: str, types: frozenset[InputType], kind: InputType) -> bool:
    if spot is None or spot.value is None or kind in types:
        return True
    spot.refuse_key(f'"{key}" has no meaning for the type {kind}')
    return False


def _has_ordered_bounds(spot: Spot, definition: InputDefinition) -> bool:
    bounds = {}
    for key in ("min", "max"):
        child = spot.entry(key)
        if child is not None and getattr(definition, key) is not None:
            bounds[key] = _order(child, definition.type)
    if None in bounds.values():
        return False
    if len(bounds) == 2 and bounds["min"] > bounds["max"]:
        child = spot.entry("max") or spot
        child.refuse(f"max is less than min ({definition.min})")
        return False
    return True


def _order(spot: Spot, kind: InputType) -> Any:
    """Return a value that compares as the bound does, or None after it was refused."""
    if kind in _MEASURED_BY_LENGTH:
        return fields.whole_number(least=0)(spot)
    if kind in {InputType.INT, InputType.FLOAT}:
        return fields.number(least=float("-inf"))(spot)
    if not _fits(spot, InputDefinition(name="bound", type=kind)):
        return None
    return _ORDERS[kind](spot.value)


def _fits(spot: Spot, definition: InputDefinition) -> bool:
    try:
        coerce(definition, spot.value)
    except (ValueError, TypeError) as error:
        spot.refuse(reason(error).unmasked())
        return False
    return True


def _with_default(spot: Spot, definition: InputDefinition) -> InputDefinition:
    child = spot.entry("default")
    if child is None or child.value is None:
        return definition
    try:
        value = coerce(definition, child.value)
    except (ValueError, TypeError) as error:
        child.refuse(f"the default {reason(error).unmasked()}")
        return definition
    if definition.type is InputType.SECRET and value:
        child.warn("the default of a SECRET input is no secret: whoever reads the flow reads it")
    return definition.model_copy(update={"default": value})
