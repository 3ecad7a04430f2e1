"""Short ways to write the JSON Schemas of manifests, so that a manifest reads like its table."""

from collections.abc import Iterable, Mapping
from typing import Any

Schema = dict[str, Any]

MAX_NAME = 1_000
"""Characters of a name or a path."""
MAX_PATTERN = 1_000
"""Characters of a regular expression."""
MAX_STEPS = 32
"""Steps of a path."""


def string(description: str, **more: Any) -> Schema:
    return {"type": "string", "description": description, **more}


def integer(description: str, **more: Any) -> Schema:
    return {"type": "integer", "description": description, **more}


def number(description: str, **more: Any) -> Schema:
    return {"type": "number", "description": description, **more}


def boolean(description: str, **more: Any) -> Schema:
    return {"type": "boolean", "description": description, **more}


def anything(description: str, **more: Any) -> Schema:
    return {"description": description, **more}


def array(description: str, **more: Any) -> Schema:
    return {"type": "array", "description": description, **more}


def mapping(description: str, **more: Any) -> Schema:
    return {"type": "object", "description": description, **more}


def choice(description: str, *values: str, **more: Any) -> Schema:
    return {"type": "string", "enum": list(values), "description": description, **more}


def duration(description: str, **more: Any) -> Schema:
    """Return the schema of whole seconds, `1h30m` or ISO 8601."""
    return {
        "type": ["integer", "string"],
        "x-duration": True,
        "description": description,
        **more,
    }


def instant(description: str) -> Schema:
    """Return the schema of a time with its zone, as RFC 3339 writes it."""
    return {
        "type": "string",
        "format": "date-time",
        "x-instant": True,
        "description": description,
    }


def deferred(description: str, **more: Any) -> Schema:
    """Return the schema of a bare expression that the task evaluates itself, unrendered.

    `x-locals` lists the names it knows besides the usual ones, `item` and `index` if it is absent.
    """
    return {"type": "string", "x-deferred": True, "description": description, **more}


def a_name(description: str, **more: Any) -> Schema:
    """Return the schema of a field's name, which may be written once for every item."""
    return string(description, maxLength=MAX_NAME, **more)


def a_pattern(description: str) -> Schema:
    """Return the schema of a regular expression."""
    return string(description, minLength=1, maxLength=MAX_PATTERN)


def a_field(description: str, **more: Any) -> Schema:
    """Return the schema of a field's name, or dotted path; no step is counted per item."""
    steps = rf"^[^.]*(\.[^.]*){{0,{MAX_STEPS - 1}}}$"
    return a_name(f"{description} At most {MAX_STEPS} steps.", minLength=1, pattern=steps, **more)


def closed(
    properties: Mapping[str, Schema],
    *,
    required: Iterable[str] = (),
    needs: Mapping[str, Iterable[str]] | None = None,
    **more: Any,
) -> Schema:
    """Return the schema of only these properties; `needs`: what an `operation` requires besides."""
    schema: Schema = {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
        **more,
    }
    if needs:
        schema["allOf"] = [when("operation", value, names) for value, names in needs.items()]
    return schema


def when(name: str, value: str, names: Iterable[str]) -> Schema:
    """Return the schema that requires `names` too if property `name` is `value`."""
    return {
        "if": {"properties": {name: {"const": value}}, "required": [name]},
        "then": {"required": list(names)},
    }


def outputs(properties: Mapping[str, Schema], *, required: Iterable[str] | None = None) -> Schema:
    """Return the schema of a task's outputs; all are required unless `required` names fewer."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties if required is None else required),
    }


ITEMS = array("The list to work on.")
COUNT = integer("How many there are.")
FIELD_OR_EXPRESSION = (
    "a field (its name, or a dotted path) or an expression over `item` and `index`"
)
