"""`util.log` writes a line to the execution's log."""

from collections.abc import Mapping
from typing import Any

from shared.json_schema.builders import anything, choice, closed, outputs, string
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext
from shared.plugins.sdk.values import text

LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR")
"""Log levels, least important first."""


def _log(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    message = text(properties["message"])
    context.log(properties.get("level", "INFO"), message)
    return {"message": message}


PLUGINS = (
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
