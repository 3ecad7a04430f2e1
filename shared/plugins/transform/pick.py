"""The choice of fields: kept, dropped or renamed, in a map or in every map of a list."""

from collections.abc import Mapping
from typing import Any

from shared.json_schema.builders import anything, array, closed, mapping, outputs, string
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext
from shared.plugins.sdk.values import invalid, type_name


def _pick(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
    source = properties["data"]
    if isinstance(source, dict):
        return {"result": _picked(source, properties)}
    for index, item in enumerate(source):
        if not isinstance(item, dict):
            raise invalid(f"item {index} is {type_name(item)}, not a map")
    return {"result": [_picked(item, properties) for item in source]}


def _picked(source: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    keep = set(properties.get("keep", source))
    drop = set(properties.get("drop", ()))
    names = properties.get("rename", {})
    kept = {name: value for name, value in source.items() if name in keep and name not in drop}
    renamed = {names.get(name, name): value for name, value in kept.items()}
    if len(renamed) < len(kept):
        raise invalid("rename gives two fields the same name")
    return renamed


PLUGINS = (
    Plugin(
        Manifest(
            id="transform.pick",
            name="Pick fields",
            category="transform",
            description=(
                "Keeps, then drops, then renames fields of a map or of every map of a list. "
                "Fields that are not there do not matter; the order stays."
            ),
            input_schema=closed(
                {
                    "data": anything("The map, or the list of maps.", type=["object", "array"]),
                    "keep": array("Fields to keep; all without it.", items=string("A field.")),
                    "drop": array("Fields to drop.", items=string("A field.")),
                    "rename": mapping(
                        "Old names and their new ones.", additionalProperties={"type": "string"}
                    ),
                },
                required=["data"],
            ),
            output_schema=outputs({"result": anything("The map, or the list of maps.")}),
            icon="list-checks",
        ),
        _pick,
    ),
)
