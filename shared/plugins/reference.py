"""The properties of task types as rows of a table, for pages and documents that people read."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from shared.json_text import compact
from shared.plugins.sdk.plugin import Manifest

Schema = Mapping[str, Any]

_MAX_DEPTH = 4
"""Maps inside each other that are shown, as `auth.username` or `escalate[].after`."""


class Row(NamedTuple):
    """A property or an output: its path, its type, `default` as JSON (empty: none), its meaning."""

    name: str
    kind: str
    is_required: bool
    default: str
    description: str


def property_rows(manifest: Manifest) -> tuple[Row, ...]:
    """Return the properties of a type in their order, those of maps inside them after each."""
    return tuple(_rows(manifest.input_schema, ""))


def output_rows(manifest: Manifest) -> tuple[Row, ...]:
    """Return the outputs of a type; none where they are whatever its properties say."""
    return tuple(_rows(manifest.output_schema, ""))


def _rows(schema: Schema, prefix: str) -> Iterator[Row]:
    required = schema.get("required", ())
    for name, each in schema.get("properties", {}).items():
        path = prefix + name
        default = compact(each["default"]) if "default" in each else ""
        yield Row(path, kind_of(each), name in required, default, each.get("description", ""))
        if path.count(".") < _MAX_DEPTH:
            yield from _rows(each, f"{path}.")
            yield from _rows(_items(each), f"{path}[].")


def kind_of(schema: Schema) -> str:
    """Name what a value may be, in JSON's words, `expression` and `duration` apart."""
    if schema.get("x-deferred"):
        return "expression"
    if schema.get("x-duration"):
        return "duration"
    if schema.get("x-instant"):
        return "time"
    if "enum" in schema:
        return ", ".join(str(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(kind_of(each) for each in schema["anyOf"]))
    kinds = schema.get("type", "any")
    return kinds if isinstance(kinds, str) else " or ".join(kinds)


def _items(schema: Schema) -> Schema:
    items = schema.get("items", {})
    return items if isinstance(items, Mapping) else {}
