"""`flow.limit` keeps a window of a list."""

from collections.abc import Mapping
from typing import Any

from shared.json_schema.builders import COUNT, ITEMS, array, closed, integer, outputs
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext


def _limit(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
    start = int(properties.get("offset", 0))
    items = properties["items"][start : start + int(properties["limit"])]
    return {"items": items, "count": len(items)}


PLUGINS = (
    Plugin(
        Manifest(
            id="flow.limit",
            name="Limit",
            category="flow",
            description="Takes some items of a list, from an offset on.",
            input_schema=closed(
                {
                    "items": ITEMS,
                    "limit": integer("The most items to take.", minimum=0),
                    "offset": integer("Items to leave out first.", minimum=0, default=0),
                },
                required=["items", "limit"],
            ),
            output_schema=outputs({"items": array("The items taken."), "count": COUNT}),
            icon="square-dashed",
        ),
        _limit,
    ),
)
