"""`transform.filter` keeps the items for which a condition holds."""

from collections.abc import Mapping
from typing import Any

from shared.expressions import is_true
from shared.json_schema.builders import COUNT, ITEMS, array, closed, deferred, outputs
from shared.plugins.sdk.items import deferred_expression, in_time
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext


def _filter(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    items, condition = properties["items"], properties["condition"]
    if isinstance(condition, bool):
        kept = list(items) if condition else []
    else:
        holds = deferred_expression(condition, "condition")
        kept = [
            item
            for index, item in in_time(context, items)
            if is_true(holds.evaluate(context, item=item, index=index))
        ]
    return {"items": kept, "count": len(kept)}


PLUGINS = (
    Plugin(
        Manifest(
            id="transform.filter",
            name="Filter",
            category="transform",
            description="Keeps the items for which an expression holds.",
            input_schema=closed(
                {
                    "items": ITEMS,
                    "condition": deferred(
                        "An expression over `item` and `index`, such as `item.age >= 18`.",
                        type=["string", "boolean"],
                    ),
                },
                required=["items", "condition"],
            ),
            output_schema=outputs({"items": array("The items kept."), "count": COUNT}),
            icon="list-filter",
        ),
        _filter,
    ),
)
