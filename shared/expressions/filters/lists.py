"""Filters over lists and maps that look at positions and keys, not into the items."""

from collections.abc import Callable, Mapping

from shared.expressions.errors import TemplateError
from shared.expressions.filters.fields import getter, items_of, map_of
from shared.expressions.functions import length, whole
from shared.expressions.scope import Run
from shared.expressions.values import Json, kind, scalar_text
from shared.field_paths import ABSENT


def first(_: Run, value: Json, /) -> Json:
    items = items_of(value)
    return items[0] if items else ABSENT


def last(_: Run, value: Json, /) -> Json:
    items = items_of(value)
    return items[-1] if items else ABSENT


def random(run: Run, value: Json, /) -> Json:
    """Pick an item, the same one when the attempt is repeated."""
    items = items_of(value)
    return items[run.draw() % len(items)] if items else ABSENT


def reverse(_: Run, value: Json, /) -> Json:
    return value[::-1] if type(value) is str else items_of(value)[::-1]


def to_list(_: Run, value: Json, /) -> list[Json]:
    return list(items_of(value))


def pairs(_: Run, value: Json, /) -> list[Json]:
    return [[key, item] for key, item in map_of(value).items()]


def keys(_: Run, value: Json, /) -> list[Json]:
    return list(map_of(value))


def values(_: Run, value: Json, /) -> list[Json]:
    return list(map_of(value).values())


def join(run: Run, value: Json, /, d: Json = "", attribute: Json = None) -> str:
    """Join items, or a field of each, as text with `d` between them."""
    read, between = getter(attribute), scalar_text(d)
    pieces: list[str] = []
    size = 0
    for item in items_of(value):
        run.look()
        pieces.append(run.text(read(item)))
        size += len(pieces[-1]) + len(between)
        run.room(size - len(between))
    return between.join(pieces)


def flatten(run: Run, value: Json, /, levels: Json = None) -> list[Json]:
    """Replace lists in a list by their items, all the way down or `levels` deep."""
    if type(value) is not list:
        raise TemplateError(f"expected a list, not {kind(value)}")
    left = -1 if levels is None else whole(levels)
    flat = list(value)
    while left != 0 and any(type(item) is list for item in flat):
        left -= 1
        run.charge(len(flat))
        run.room(sum(len(item) if type(item) is list else 1 for item in flat))
        inner = (item if type(item) is list else [item] for item in flat)
        flat = [item for items in inner for item in items]
    return flat


def part(_: Run, value: Json, start: Json, end: Json = None, /) -> Json:
    """Give the items or characters from `start` up to, not including, `end`."""
    if type(value) not in (str, list):
        raise TemplateError(f"cannot take a slice of {kind(value)}")
    return value[whole(start) : None if end is None else whole(end)]


def batch(run: Run, value: Json, /, linecount: Json, fill_with: Json = None) -> list[Json]:
    """Cut into lists of `linecount` items, the last one filled up with `fill_with`."""
    items, size = items_of(value), whole(linecount)
    if size < 1:
        raise TemplateError("batch needs a size of at least 1")
    batches = [items[start : start + size] for start in range(0, len(items), size)]
    if batches and fill_with is not None:
        run.room(2 * size)
        batches[-1] = batches[-1] + [fill_with] * (size - len(batches[-1]))
    return batches


LISTS: Mapping[str, Callable[..., Json]] = {
    "first": first,
    "last": last,
    "random": random,
    "reverse": reverse,
    "list": to_list,
    "items": pairs,
    "keys": keys,
    "values": values,
    "join": join,
    "flatten": flatten,
    "slice": part,
    "batch": batch,
    "length": length,
    "count": length,
}
