"""The parts that filters share: a value's items, and the field of an item that a path names."""

from collections.abc import Callable, Mapping

from shared.expressions.errors import TemplateError
from shared.expressions.limits import MAX_NAME_LENGTH, MAX_PATH_STEPS
from shared.expressions.nodes import lookup
from shared.expressions.values import ABSENT, Json, is_map, kind
from shared.messages import Message

Getter = Callable[[Json], Json]


def items_of(value: Json) -> list[Json]:
    """Give a list's items, a text's characters or a map's keys."""
    if type(value) is list:
        return value
    if type(value) is str or is_map(value):
        return list(value)
    raise TemplateError(f"expected a list, not {kind(value)}")


def map_of(value: Json) -> Mapping[str, Json]:
    if not is_map(value):
        raise TemplateError(f"expected a map, not {kind(value)}")
    found: Mapping[str, Json] = value
    return found


def path_of(attribute: Json) -> list[str | int]:
    """Take `"address.city"` or `"0.name"` or 0 apart."""
    if type(attribute) is int:
        return [attribute]
    if type(attribute) is not str or not attribute:
        raise TemplateError(f"a field is named by text, not by {kind(attribute)}")
    if len(attribute) > MAX_NAME_LENGTH:
        raise TemplateError(f"a field's path has at most {MAX_NAME_LENGTH} characters")
    if attribute.count(".") >= MAX_PATH_STEPS:
        raise TemplateError(f"a field's path has at most {MAX_PATH_STEPS} steps")
    return [
        int(part) if part.isdecimal() and len(part) < 10 else part for part in attribute.split(".")
    ]


def find(item: Json, path: list[str | int]) -> Json:
    """Read a field, or give ABSENT."""
    for key in path:
        item = lookup(item, key)
        if item is ABSENT:
            break
    return item


def getter(attribute: Json, default: Json = ABSENT) -> Getter:
    """Make the function that reads a field; where it is missing, that is an error or `default`.

    Without attribute it gives the item itself.
    """
    if attribute is None:
        return lambda item: item
    path = path_of(attribute)

    def read(item: Json) -> Json:
        found = find(item, path)
        if found is ABSENT and default is ABSENT:
            raise undefined(attribute)
        return default if found is ABSENT else found

    return read


def undefined(attribute: Json) -> TemplateError:
    """Return the error of a field that an item doesn't have."""
    return TemplateError(Message("'{field:80}' is undefined", field=attribute))


def folded(value: Json) -> Json:
    """Take the case off a text, so that it can be compared without it."""
    return value.lower() if type(value) is str else value


def folding(get: Getter, case_sensitive: Json) -> Getter:
    return get if case_sensitive else lambda item: folded(get(item))
