"""What is done to each item of a list: keep it, change it, fold it."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.expressions import is_true
from shared.plugins.items import deferred_expression, evaluated, in_time
from shared.plugins.plugin import Manifest, Plugin, TaskContext
from shared.plugins.shapes import COUNT, ITEMS, anything, array, closed, deferred, outputs


def _filter(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    items, condition = properties["items"], properties["condition"]
    if isinstance(condition, bool):
        kept = list(items) if condition else []
    else:
        verdicts = evaluated(deferred_expression(condition, "condition"), items, context)
        kept = [item for item, verdict in zip(items, verdicts, strict=True) if is_true(verdict)]
    return {"items": kept, "count": len(kept)}


def _map(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    items, written = properties["items"], properties["expression"]
    if isinstance(written, str):
        made = list(evaluated(deferred_expression(written, "expression"), items, context))
    else:
        made = list(_maps(written, items, context))
    return {"items": made, "count": len(made)}


def _maps(
    written: Mapping[str, Any], items: list[Any], context: TaskContext
) -> Iterator[dict[str, Any]]:
    parsed = {
        name: deferred_expression(source, f"expression.{name}") if isinstance(source, str) else None
        for name, source in written.items()
    }
    for index, item in in_time(context, items):
        yield {
            name: expression.evaluate(context, item=item, index=index)
            if expression
            else written[name]
            for name, expression in parsed.items()
        }


def _reduce(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    expression = deferred_expression(properties["expression"], "expression")
    result = properties.get("initial")
    for index, item in in_time(context, properties["items"]):
        result = expression.evaluate(context, acc=result, item=item, index=index)
    return {"result": result}


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
