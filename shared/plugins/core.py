"""The smallest task types: define values, write a log line."""

from collections.abc import Mapping
from typing import Any

from shared.plugins.plugin import Manifest, Plugin, TaskContext
from shared.plugins.shapes import anything, choice, closed, mapping, outputs, string
from shared.plugins.values import text

LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR")
"""Log levels, least important first."""


def _set(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
    return dict(properties["values"])


def _log(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    message = text(properties["message"])
    context.log(properties.get("level", "INFO"), message)
    return {"message": message}


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
    Plugin(
        Manifest(
            id="util.log",
            name="Log",
            category="core",
            description="Writes a line to the execution's log.",
            input_schema=closed(
                {
                    "message": anything("What to write; lists and maps are written as JSON."),
                    "level": choice("How important the line is.", *LEVELS, default="INFO"),
                },
                required=["message"],
            ),
            output_schema=outputs({"message": string("The line as it was written.")}),
            icon="scroll-text",
        ),
        _log,
    ),
)
