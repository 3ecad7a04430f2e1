"""Dotted paths and JSON pointers (RFC 6901), to read and write inside a value."""

from typing import Any

from shared.field_paths import FieldPath, position_of
from shared.json_schema.builders import MAX_NAME, MAX_STEPS
from shared.messages import Message
from shared.plugins.sdk.values import invalid, type_name

Steps = tuple[str, ...]


def steps_in(value: Any, path: str) -> Steps:
    """Split `a.b.0` or `/a/b/0` as the value has it; the empty path is the whole value.

    A field whose own name has the dots counts before the path.
    """
    if not path:
        return ()
    if not path.startswith("/"):
        check_bounds(path)
        return FieldPath.of(path).names_in(value)
    check_bounds(path, "/")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/"))


def check_bounds(path: str, mark: str = ".") -> None:
    """Raise PluginError for a path that is too long, or has too many steps."""
    if len(path) > MAX_NAME:
        raise invalid(f"path has more than {MAX_NAME} characters")
    if path.count(mark) >= MAX_STEPS + (mark == "/"):
        raise invalid(f"path has more than {MAX_STEPS} steps")


def read(value: Any, steps: Steps) -> Any:
    """Return what is there, null where there is nothing."""
    for step in steps:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and (index := position_of(step)) is not None:
            value = value[index] if index < len(value) else None
        else:
            return None
    return value


def written(value: Any, steps: Steps, new: Any) -> Any:
    """Return a copy with `new` at the place; missing maps are made, `-` is a list's end."""
    if not steps:
        return new
    step, *rest = steps
    if value is None:
        value = {}
    if isinstance(value, dict):
        return {**value, step: written(value.get(step), tuple(rest), new)}
    if not isinstance(value, list):
        raise invalid(Message(f'"{{step:100}}" cannot be set in {type_name(value)}', step=step))
    index = len(value) if step == "-" else position_of(step)
    if index is None or index > len(value):
        raise invalid(
            Message(f'a list of {len(value)} items has no place "{{step:100}}"', step=step)
        )
    old = value[index] if index < len(value) else None
    return [*value[:index], written(old, tuple(rest), new), *value[index + 1 :]]
