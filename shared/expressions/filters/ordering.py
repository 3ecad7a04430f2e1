"""Filters that compare items: sorting, extremes, groups, duplicates."""

from collections.abc import Callable, Iterable, Mapping

from shared.expressions.errors import TemplateError
from shared.expressions.filters.fields import Getter, folded, folding, getter, items_of, map_of
from shared.expressions.limits import MAX_KEYS_BYTES, MAX_ORDERED_DEPTH, MAX_SORT_NAMES
from shared.expressions.scope import Run, steps_of
from shared.expressions.values import SCALARS, Json, is_map, key_of
from shared.field_paths import ABSENT


def sort(
    run: Run,
    value: Json,
    /,
    reverse: Json = None,
    case_sensitive: Json = None,
    attribute: Json = None,
) -> list[Json]:
    """Sort, stably; `attribute` may be several fields: `"age,name"`."""
    items = items_of(value)
    names = _names(attribute, items)
    reads = [folding(getter(name), case_sensitive) for name in names]
    key = reads[0] if len(reads) == 1 else lambda item: [read(item) for read in reads]
    return _sorted(run, items, key, is_reverse=bool(reverse))


def _names(attribute: Json, items: list[Json]) -> list[Json]:
    """Take several fields apart, unless the first item has one whose name has the commas."""
    if type(attribute) is not str or (items and is_map(items[0]) and attribute in items[0]):
        return [attribute]
    if attribute.count(",") >= MAX_SORT_NAMES:
        raise TemplateError(f"sort takes at most {MAX_SORT_NAMES} fields")
    return list(attribute.split(","))


def _sorted(
    run: Run, items: Iterable[Json], key: Getter, *, is_reverse: bool = False
) -> list[Json]:
    found = list(items)
    run.charge(len(found) * len(found).bit_length())
    keys = _keys(run, found, key)
    try:
        order = sorted(range(len(found)), key=keys.__getitem__, reverse=is_reverse)
    except TypeError:
        raise TemplateError("cannot order values of different kinds") from None
    return [found[index] for index in order]


def _keys(run: Run, items: list[Json], key: Getter) -> list[Json]:
    """Return each item's key; they are counted as often as sorting compares them."""
    keys: list[Json] = []
    size = 0
    compared = len(items).bit_length()
    for item in items:
        found = key(item)
        run.look(steps_of(found))
        keys.append(found)
        if type(found) is str:
            size += len(found)
        elif type(found) not in SCALARS:
            own = run.charge_compared(found, depth=MAX_ORDERED_DEPTH)
            run.charge(own // 4 * compared)
            size += own
        _refuse_large(size)
    return keys


def _refuse_large(size: int) -> None:
    if size > MAX_KEYS_BYTES:
        raise TemplateError("the values to compare are larger than 20 MiB together")


def dictsort(
    run: Run, value: Json, /, case_sensitive: Json = None, by: Json = "key", reverse: Json = None
) -> list[Json]:
    """Give a map's [key, value] pairs, sorted by `key` or `value`."""
    if by not in ("key", "value"):
        raise TemplateError('dictsort sorts by "key" or by "value"')
    key = folding(getter(0 if by == "key" else 1), case_sensitive)
    pairs = ([name, item] for name, item in map_of(value).items())
    return _sorted(run, pairs, key, is_reverse=bool(reverse))


def smallest(run: Run, value: Json, /, case_sensitive: Json = None, attribute: Json = None) -> Json:
    return _extreme(min, run, items_of(value), folding(getter(attribute), case_sensitive))


def largest(run: Run, value: Json, /, case_sensitive: Json = None, attribute: Json = None) -> Json:
    return _extreme(max, run, items_of(value), folding(getter(attribute), case_sensitive))


def _extreme(choose: Callable[..., Json], run: Run, items: list[Json], key: Getter) -> Json:
    keys = _keys(run, items, key)
    try:
        found = choose(range(len(items)), key=keys.__getitem__, default=None)
    except TypeError:
        raise TemplateError("cannot order values of different kinds") from None
    return ABSENT if found is None else items[found]


def group(
    run: Run,
    value: Json,
    /,
    attribute: Json,
    default: Json = ABSENT,
    case_sensitive: Json = None,
) -> list[Json]:
    """Group by a field: a list of `{"grouper": …, "list": […]}`, sorted by it."""
    read = getter(attribute, default)
    key = folding(read, case_sensitive)
    groups: dict[str, Json] = {}
    for item in _sorted(run, items_of(value), key):
        run.look()
        name = key_of(key(item))
        if name not in groups:
            groups[name] = {"grouper": read(item), "list": []}
        groups[name]["list"].append(item)
    return list(groups.values())


def unique(
    run: Run, value: Json, /, case_sensitive: Json = None, attribute: Json = None
) -> list[Json]:
    """Keep the first of all items that are equal, or whose field is."""
    read = getter(attribute)
    seen: dict[str, Json] = {}
    size = 0
    for item in items_of(value):
        run.look()
        compared = read(item)
        if type(compared) not in SCALARS:
            size += run.charge_compared(compared)
            _refuse_large(size)
        seen.setdefault(key_of(compared if case_sensitive else folded(compared)), item)
    return list(seen.values())


ORDERING: Mapping[str, Callable[..., Json]] = {
    "sort": sort,
    "dictsort": dictsort,
    "min": smallest,
    "max": largest,
    "groupby": group,
    "unique": unique,
}
