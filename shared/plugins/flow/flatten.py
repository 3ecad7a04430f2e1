"""`flow.flatten` makes one list of nested ones."""

from collections.abc import Mapping
from typing import Any

from shared.json_schema.builders import COUNT, ITEMS, array, closed, integer, outputs
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext
from shared.plugins.sdk.values import MAX_DEPTH


def _flatten(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
    items = list(properties["items"])
    for _ in range(properties.get("depth", 1)):
        if not any(isinstance(item, list) for item in items):
            break
        items = [each for item in items for each in (item if isinstance(item, list) else [item])]
    return {"items": items, "count": len(items)}


PLUGINS = (
    Plugin(
        Manifest(
            id="flow.flatten",
            name="Flatten",
            category="flow",
            description="Puts the items of inner lists into the outer one.",
            input_schema=closed(
                {
                    "items": ITEMS,
                    "depth": integer("How many levels.", minimum=0, maximum=MAX_DEPTH, default=1),
                },
                required=["items"],
            ),
            output_schema=outputs({"items": array("The flatter list."), "count": COUNT}),
            icon="layers",
        ),
        _flatten,
    ),
)
