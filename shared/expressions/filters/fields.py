"""The parts that filters share: a value's items, and the field of an item that a path names."""

from collections.abc import Callable, Mapping

from shared.expressions.errors import TemplateError
from shared.expressions.limits import MAX_NAME_LENGTH, MAX_PATH_STEPS
from shared.expressions.nodes import lookup
from shared.expressions.values import Json, is_map, kind, text
from shared.field_paths import ABSENT, FieldPath, no_such_field
from shared.json_text import whole_number
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


def finder(attribute: Json) -> Getter:
    """Make the function that finds a field, or gives ABSENT.

    `"address.city"` is the field of that whole name, else its dotted path; a number is a position,
    or in a map the field of its digits.
    """
    position = whole_number(attribute)
    if position is None:
        return _path_of(attribute).find
    name = str(position)
    return lambda item: lookup(item, name if is_map(item) else position)


def _path_of(attribute: Json) -> FieldPath:
    if type(attribute) is not str or not attribute:
        raise TemplateError(f"a field is named by text, not by {kind(attribute)}")
    if len(attribute) > MAX_NAME_LENGTH:
        raise TemplateError(f"a field's path has at most {MAX_NAME_LENGTH} characters")
    if attribute.count(".") >= MAX_PATH_STEPS:
        raise TemplateError(f"a field's path has at most {MAX_PATH_STEPS} steps")
    return FieldPath.of(attribute)


def getter(attribute: Json, default: Json = ABSENT) -> Getter:
    """Make the function that reads a field; where it is missing, that is an error or `default`.

    Without attribute it gives the item itself.
    """
    if attribute is None:
        return lambda item: item
    find = finder(attribute)

    def read(item: Json) -> Json:
        found = find(item)
        if found is ABSENT and default is ABSENT:
            raise undefined(attribute)
        return default if found is ABSENT else found

    return read


def undefined(attribute: Json) -> TemplateError:
    """Return the error of a field that an item doesn't have."""
    return TemplateError(Message("'{field:80}' is undefined", field=attribute))


def unknown(attribute: Json, items: list[Json]) -> TemplateError:
    """Return the error of a field that none of some items has."""
    return TemplateError(no_such_field(text(attribute), items))


def folded(value: Json) -> Json:
    """Take the case off a text, so that it can be compared without it."""
    return value.lower() if type(value) is str else value


def folding(get: Getter, case_sensitive: Json) -> Getter:
    return get if case_sensitive else lambda item: folded(get(item))
