"""`flow.split` cuts a list into chunks."""

from collections.abc import Mapping
from typing import Any

from shared.json_schema.builders import ITEMS, array, closed, integer, outputs
from shared.plugins.sdk.items import in_time
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext
from shared.plugins.sdk.results import NEW, Result


def _split(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    items, size = properties["items"], int(properties["size"])
    chunks = Result("the list of chunks")
    for _, start in in_time(context, range(0, len(items), size)):
        chunks.append(items[start : start + size], NEW)
    return {"chunks": chunks.entries, "count": len(chunks.entries)}


PLUGINS = (
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
)
