"""The manifest of `core.kv`; what it does stands with the table it needs (`shared/kv`)."""

from shared.json_schema.builders import (
    anything,
    array,
    boolean,
    choice,
    closed,
    duration,
    number,
    outputs,
    string,
)
from shared.plugins.sdk.plugin import Manifest, Plugin

MAX_LISTED = 10_000
"""The keys that one task lists."""

PLUGINS = (
    Plugin(
        Manifest(
            id="core.kv",
            name="Key-value store",
            category="core",
            description=(
                "Reads and writes keys of the key-value store, which outlive the execution. "
                "Secrets in a value are masked."
            ),
            input_schema=closed(
                {
                    "operation": choice("What to do.", "get", "set", "delete", "list", "increment"),
                    "key": string("The key; list: how the keys begin."),
                    "namespace": string("Where the key is; without it the flow's own namespace."),
                    "value": anything("set: the value, at most 256 KiB as JSON."),
                    "by": number("increment: what is added, also less than 0.", default=1),
                    "default": anything(
                        "get: what is returned if there is no such key, null without it; "
                        "increment: the number it then begins with, 0 without it."
                    ),
                    "ttl": duration(
                        "set: for how long the key lives, for ever without it; increment: the "
                        "same for a key that it makes, one that is there keeps its end.",
                    ),
                },
                required=["operation"],
                needs={
                    "get": ["key"],
                    "set": ["key", "value"],
                    "delete": ["key"],
                    "increment": ["key"],
                },
            ),
            output_schema=outputs(
                {
                    "value": anything("get, set and increment: the value as it is now."),
                    "existed": boolean("Whether the key was there before; not of list."),
                    "keys": array(
                        f"list: the keys, alphabetically, {MAX_LISTED} at most.",
                        items=string("A key."),
                    ),
                },
                required=[],
            ),
            icon="database",
        ),
        by_engine=True,
    ),
)
