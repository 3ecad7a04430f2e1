"""JSON text and what is inside JSON values."""

from collections.abc import Callable, Mapping
from typing import Any

from shared.json_schema.builders import MAX_NAME, anything, choice, closed, outputs, string
from shared.messages import Message, reason
from shared.plugins.sdk.paths import read, steps_in, written
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext
from shared.plugins.sdk.values import compact, deep_merged, invalid, parse_json, type_name

Properties = Mapping[str, Any]


def _json(properties: Properties, _context: TaskContext) -> Mapping[str, Any]:
    return {"result": _OPERATIONS[properties["operation"]](properties)}


def _parse(properties: Properties) -> Any:
    source = properties["data"]
    if not isinstance(source, str):
        raise invalid(f"data must be text to be parsed, not {type_name(source)}")
    try:
        return parse_json(source)
    except ValueError as error:
        raise invalid(Message("data is no JSON: {why}", why=reason(error))) from None


_OPERATIONS: Mapping[str, Callable[[Properties], Any]] = {
    "parse": _parse,
    "stringify": lambda properties: compact(properties["data"]),
    "get": lambda properties: read(
        properties["data"], steps_in(properties["data"], properties["path"])
    ),
    "set": lambda properties: written(
        properties["data"], steps_in(properties["data"], properties["path"]), properties["value"]
    ),
    "merge": lambda properties: deep_merged(properties["data"], properties["value"]),
}

PLUGINS = (
    Plugin(
        Manifest(
            id="util.json",
            name="JSON",
            category="utility",
            description=(
                "Reads and writes JSON text, and gets, sets or merges inside a value. What is "
                "not there is null; merging goes into maps, lists are replaced."
            ),
            input_schema=closed(
                {
                    "operation": choice("What to do.", *_OPERATIONS),
                    "data": anything("Text to parse, or the value."),
                    "path": string(
                        "get and set: a field's name, `a.b.0` or `/a/b/0`; empty is all of it.",
                        maxLength=MAX_NAME,
                    ),
                    "value": anything("set and merge: what comes in."),
                },
                required=["operation", "data"],
                needs={"get": ["path"], "set": ["path", "value"], "merge": ["value"]},
            ),
            output_schema=outputs({"result": anything("The value or the text.")}),
            icon="file-json",
        ),
        _json,
    ),
)
