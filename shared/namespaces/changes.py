"""The changes that a PUT makes in a namespace's row, or the refusal of what it says; pure."""

import math
from datetime import timedelta
from typing import Any

from shared.durations import format_duration, parse_duration
from shared.errors import NotSupportedYetError, Problem
from shared.json_text import Json, kind
from shared.messages import InvalidValueError
from shared.names import MAX_NAMESPACE_LENGTH, SYSTEM
from shared.namespaces.items import variables_digest, variables_text
from shared.namespaces.models import (
    MAX_VARIABLES_BYTES,
    NamespacePatch,
    Variables,
    is_namespace,
)
from shared.validation import invalid_at


def changes_of(name: str, patch: NamespacePatch) -> tuple[dict[str, Any], str]:
    """Return what a patch changes in a row, and the text of its variables, if there are any."""
    if not is_namespace(name):
        raise invalid_at(
            "name",
            'begins with a lower-case letter or digit and has only these, ".", "_" and "-", '
            f"{MAX_NAMESPACE_LENGTH} characters at most",
        )
    if name == SYSTEM:
        raise invalid_at("name", "is the platform's own")
    if patch.name not in {None, name}:
        raise invalid_at("name", "stays as it is: make another namespace, delete this one")
    if patch.plugin_defaults:
        problem = Problem(path="pluginDefaults", message="write them as defaults into each flow")
        raise NotSupportedYetError("pluginDefaults are not there yet", problems=[problem])
    changes: dict[str, Any] = {}
    if patch.description is not None:
        changes["description"] = patch.description or None
    if patch.retention is not None:
        changes |= _retention(patch.retention)
    text = ""
    if patch.variables is not None:
        text = _text_of(patch.variables)
        changes |= {
            "variables": variables_digest(text) if text else None,
            "variables_bytes": len(text.encode()),
        }
    return changes, text


def _retention(said: Json) -> dict[str, Any]:
    """Return the fields of a retention; an empty text clears it."""
    if said == "":
        return {"retention": None, "retention_seconds": None}
    if type(said) not in {str, int, float}:
        raise invalid_at("retention", f"must be a duration, not {kind(said)}")
    try:
        duration = parse_duration(said)
    except InvalidValueError as error:
        raise invalid_at("retention", error.message.unmasked()) from None
    if duration <= timedelta(0):
        raise invalid_at("retention", "must be longer than nothing; an empty text clears it")
    seconds = math.ceil(duration.total_seconds())
    return {"retention": format_duration(duration), "retention_seconds": seconds}


def _text_of(variables: Variables) -> str:
    """Return a set of variables as it is stored; empty for none."""
    text = variables_text(variables) if variables else ""
    size = len(text.encode())
    if size > MAX_VARIABLES_BYTES:
        raise invalid_at(
            "variables", f"take {size} bytes as JSON, at most {MAX_VARIABLES_BYTES} are allowed"
        )
    return text
