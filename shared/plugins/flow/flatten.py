"""`flow.flatten` makes one list of nested ones."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.json_schema.builders import COUNT, ITEMS, array, closed, integer, outputs
from shared.plugins.sdk.items import in_time
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext
from shared.plugins.sdk.values import MAX_DEPTH


def _flatten(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    depth = int(properties.get("depth", 1))
    items = list(_flat(properties["items"], depth, context))
    return {"items": items, "count": len(items)}


def _flat(items: list[Any], depth: int, context: TaskContext) -> Iterator[Any]:
    """Yield what is `depth` levels down, in one walk whatever the depth."""
    for _, item in in_time(context, items):
        if depth and isinstance(item, list):
            yield from _flat(item, depth - 1, context)
        else:
            yield item


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
