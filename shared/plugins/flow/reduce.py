"""`flow.reduce` folds a list into one value."""

from collections.abc import Mapping
from typing import Any

from shared.json_schema.builders import ITEMS, anything, closed, deferred, outputs
from shared.plugins.sdk.items import deferred_expression, in_time
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext


def _reduce(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    expression = deferred_expression(properties["expression"], "expression")
    result = properties.get("initial")
    for index, item in in_time(context, properties["items"]):
        result = expression.evaluate(context, acc=result, item=item, index=index)
    return {"result": result}


PLUGINS = (
    Plugin(
        Manifest(
            id="flow.reduce",
            name="Reduce",
            category="flow",
            description="Folds a list into one value.",
            input_schema=closed(
                {
                    "items": ITEMS,
                    "expression": deferred(
                        "The new `acc`, from `acc`, `item` and `index`: `acc + item.price`.",
                        **{"x-locals": ["acc", "item", "index"]},
                    ),
                    "initial": anything("The first `acc`.", default=None),
                },
                required=["items", "expression"],
            ),
            output_schema=outputs({"result": anything("The last `acc`.")}),
            icon="sigma",
        ),
        _reduce,
    ),
)
