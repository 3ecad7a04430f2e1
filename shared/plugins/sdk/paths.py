"""Dotted paths and JSON pointers (RFC 6901), to read and write inside a value."""

from typing import Any

from shared.json_schema.builders import MAX_NAME, MAX_STEPS
from shared.messages import Message
from shared.plugins.sdk.values import invalid, type_name

Steps = tuple[str, ...]


def steps_of(path: str) -> Steps:
    """Split `a.b.0` or `/a/b/0`; the empty path is the whole value."""
    if not path:
        return ()
    if not path.startswith("/"):
        return field_steps(path)
    steps = (step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/"))
    return _checked(path, tuple(steps))


def field_steps(path: str) -> Steps:
    """Split the dotted path of a field once, before its loop; here a slash is no pointer."""
    return _checked(path, tuple(path.split(".")))


def _checked(path: str, steps: Steps) -> Steps:
    if len(path) > MAX_NAME:
        raise invalid(f"a field's path has more than {MAX_NAME} characters")
    if len(steps) > MAX_STEPS:
        raise invalid(f"a field's path has more than {MAX_STEPS} steps")
    return steps


def read(value: Any, steps: Steps) -> Any:
    """Return what is there, null where there is nothing."""
    for step in steps:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and (index := _index(step)) is not None:
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
    index = len(value) if step == "-" else _index(step)
    if index is None or index > len(value):
        raise invalid(
            Message(f'a list of {len(value)} items has no place "{{step:100}}"', step=step)
        )
    old = value[index] if index < len(value) else None
    return [*value[:index], written(old, tuple(rest), new), *value[index + 1 :]]


def _index(step: str) -> int | None:
    return int(step) if step.isascii() and step.isdigit() and len(step) < 10 else None
