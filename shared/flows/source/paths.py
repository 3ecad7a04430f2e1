"""The names of places in a flow: `tasks[0].properties.message`."""

import json
import re

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_$-]{1,100}")
_MAX_KEY = 100


def child_path(path: str, key: str) -> str:
    """Return the place of a key of the map at `path`; unusual keys are quoted (`h["X.Y"]`)."""
    if _PLAIN_KEY.fullmatch(key):
        return f"{path}.{key}" if path else key
    shortened = key if len(key) <= _MAX_KEY else key[:_MAX_KEY] + "…"
    return f"{path}[{json.dumps(shortened, ensure_ascii=False)}]"


def item_path(path: str, index: int) -> str:
    """Return the place of an item of the list at `path`, counted from 0."""
    return f"{path}[{index}]"
