"""`flow.group` sorts the items of a list into groups, by their keys."""

from collections.abc import Mapping
from typing import Any

from shared.json_schema.builders import (
    FIELD_OR_EXPRESSION,
    ITEMS,
    array,
    closed,
    deferred,
    integer,
    mapping,
    outputs,
    string,
)
from shared.messages import Message
from shared.plugins.sdk.items import in_time, keys_of
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext
from shared.plugins.sdk.results import NEW, Result
from shared.plugins.sdk.values import invalid, key_text


def _group(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    items = properties["items"]
    groups: dict[str, list[Any]] = {}
    kinds: dict[str, bool] = {}  # whether a name is a text itself, or the JSON of another value
    names = Result("the list of keys")
    keys = keys_of(items, properties["by"], context)
    for index, item in in_time(context, items):
        key = keys[index]
        name = key_text(key)
        if kinds.setdefault(name, isinstance(key, str)) is not isinstance(key, str):
            message = 'the keys {key} and "{key}" are two, but the name of one group'
            raise invalid(Message(message, key=name))
        if name not in groups:
            names.append(name, NEW + 2 * len(name))  # the key of a group, and of the list
        groups.setdefault(name, []).append(item)
    return {"groups": groups, "keys": names.entries, "count": len(groups)}


PLUGINS = (
    Plugin(
        Manifest(
            id="flow.group",
            name="Group",
            category="flow",
            description="Puts items of the same key together.",
            input_schema=closed(
                {"items": ITEMS, "by": deferred(f"The key: {FIELD_OR_EXPRESSION}.")},
                required=["items", "by"],
            ),
            output_schema=outputs(
                {
                    "groups": mapping("Key, as text, to items; JSON where the key is no string."),
                    "keys": array("Keys in order of first appearance.", items=string("A key.")),
                    "count": integer("How many groups there are."),
                }
            ),
            icon="group",
        ),
        _group,
    ),
)
