"""`core.set` defines values that later tasks read."""

from collections.abc import Mapping
from typing import Any

from shared.json_schema.builders import closed, mapping
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext


def _set(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
    return dict(properties["values"])


PLUGINS = (
    Plugin(
        Manifest(
            id="core.set",
            name="Set values",
            category="core",
            description="Defines values that later tasks read as outputs of this task.",
            input_schema=closed(
                {"values": mapping("Names and their values.")},
                required=["values"],
            ),
            output_schema={
                "type": "object",
                "description": "Each key of `values`.",
                "additionalProperties": True,
            },
            icon="braces",
        ),
        _set,
    ),
)
