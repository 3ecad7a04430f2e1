"""Cutting lists: into one level, into chunks, to a window."""

from collections.abc import Mapping
from typing import Any

from shared.plugins.plugin import Manifest, Plugin, TaskContext
from shared.plugins.shapes import COUNT, ITEMS, array, closed, integer, outputs
from shared.plugins.values import MAX_DEPTH


def _flatten(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
    items = list(properties["items"])
    for _ in range(properties.get("depth", 1)):
        if not any(isinstance(item, list) for item in items):
            break
        items = [each for item in items for each in (item if isinstance(item, list) else [item])]
    return {"items": items, "count": len(items)}


def _split(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
    items, size = properties["items"], int(properties["size"])
    chunks = [items[start : start + size] for start in range(0, len(items), size)]
    return {"chunks": chunks, "count": len(chunks)}


def _limit(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
    start = int(properties.get("offset", 0))
    items = properties["items"][start : start + int(properties["limit"])]
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
    Plugin(
        Manifest(
            id="flow.split",
            name="Chunk",
            category="flow",
            description="Cuts a list into chunks of a size; the last may be smaller.",
            input_schema=closed(
                {"items": ITEMS, "size": integer("Items in a chunk.", minimum=1)},
                required=["items", "size"],
            ),
            output_schema=outputs(
                {"chunks": array("Lists of items."), "count": integer("How many chunks.")}
            ),
            icon="scissors",
        ),
        _split,
    ),
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
