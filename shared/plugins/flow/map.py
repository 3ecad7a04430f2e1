"""`flow.map` changes each item of a list."""

from collections.abc import Mapping
from typing import Any

from shared.json_schema.builders import COUNT, ITEMS, array, closed, deferred, outputs
from shared.plugins.sdk.items import deferred_expression, evaluated, in_time
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext
from shared.plugins.sdk.results import Result
from shared.plugins.sdk.values import compact


def _map(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    items, written = properties["items"], properties["expression"]
    if isinstance(written, str):
        made = list(evaluated(deferred_expression(written, "expression"), items, context))
    else:
        made = _maps(written, items, context)
    return {"items": made, "count": len(made)}


def _maps(
    written: Mapping[str, Any], items: list[Any], context: TaskContext
) -> list[dict[str, Any]]:
    parsed = {
        name: deferred_expression(source, f"expression.{name}") if isinstance(source, str) else None
        for name, source in written.items()
    }
    fixed = sum(len(name) + (0 if parsed[name] else len(compact(written[name]))) for name in parsed)
    made = Result()
    for index, item in in_time(context, items):
        made.charge(fixed)
        entry = {
            name: expression.evaluate(context, item=item, index=index)
            if expression
            else written[name]
            for name, expression in parsed.items()
        }
        made.append(entry)
    return made.entries


PLUGINS = (
    Plugin(
        Manifest(
            id="flow.map",
            name="Map",
            category="flow",
            description="Makes a new item of each item.",
            input_schema=closed(
                {
                    "items": ITEMS,
                    "expression": deferred(
                        "An expression over `item` and `index`, or a map of field to expression; "
                        "a field that is no text is taken as it is.",
                        type=["string", "object"],
                        additionalProperties={"type": ["string", "number", "boolean", "null"]},
                    ),
                },
                required=["items", "expression"],
            ),
            output_schema=outputs({"items": array("The new items."), "count": COUNT}),
            icon="wand",
        ),
        _map,
    ),
)
