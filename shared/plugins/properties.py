"""A task's properties against its manifest: defaults, what is wrong, what is left unrendered."""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from shared.json_schema.messages import Violation, violation
from shared.json_schema.validator import compile_schema
from shared.plugins.sdk.plugin import Manifest

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

_MOST_ERRORS = 200
"""The number of errors reported at once: nobody reads more, and a list may have thousands."""
_OF_THE_WHOLE = frozenset({"anyOf", "oneOf", "not", "contains", "uniqueItems", "const", "enum"})


def deferred_properties(manifest: Manifest) -> frozenset[str]:
    """Return the names of properties that hold bare expressions and must not be rendered."""
    properties = manifest.input_schema.get("properties", {})
    return frozenset(name for name, schema in properties.items() if schema.get("x-deferred"))


def apply_defaults(manifest: Manifest, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return `properties` with the schema's default for each one that is absent."""
    declared = manifest.input_schema.get("properties", {})
    defaults = {name: each["default"] for name, each in declared.items() if "default" in each}
    return {**defaults, **properties}


def validate_properties(manifest: Manifest, properties: Mapping[str, Any]) -> list[Violation]:
    """Return the first problems of rendered properties; paths start inside `properties`."""
    errors = islice(_validator(manifest).iter_errors(dict(properties)), _MOST_ERRORS)
    return [violation(error, root="properties") for error in errors]


def validate_written_properties(
    manifest: Manifest, properties: Mapping[str, Any], is_template: Callable[[str], bool]
) -> list[Violation]:
    """Return the problems of properties as written: a template may still become anything.

    Names are checked always; values only where no template has a say in them. Deferred
    properties are never rendered, so theirs are checked as they stand.
    """
    deferred = deferred_properties(manifest)

    def is_open(error: "ValidationError") -> bool:
        path = error.absolute_path
        if path and path[0] in deferred:
            return False
        if isinstance(error.instance, str):
            return is_template(error.instance)
        return error.validator in _OF_THE_WHOLE and _holds_template(error.instance, is_template)

    errors = _validator(manifest).iter_errors(dict(properties))
    closed = (error for error in errors if not is_open(error))
    return [violation(error, root="properties") for error in islice(closed, _MOST_ERRORS)]


def _holds_template(value: Any, is_template: Callable[[str], bool]) -> bool:
    if isinstance(value, str):
        return is_template(value)
    if isinstance(value, Mapping):
        return any(_holds_template(item, is_template) for item in value.values())
    return isinstance(value, list) and any(_holds_template(item, is_template) for item in value)


def _validator(manifest: Manifest) -> "Validator":
    return _compiled(json.dumps(manifest.input_schema))


@lru_cache(maxsize=256)
def _compiled(schema: str) -> "Validator":
    return compile_schema(json.loads(schema))
