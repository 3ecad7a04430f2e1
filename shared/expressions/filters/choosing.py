"""Filters that apply a field, a filter or a test to each item; both come from our own lists."""

from collections.abc import Callable, Mapping
from inspect import signature

from shared.expressions.errors import TemplateError
from shared.expressions.filters.fields import Getter, finder, getter, items_of, unknown
from shared.expressions.predicates import TESTS
from shared.expressions.scope import Run, steps_of
from shared.expressions.values import Json, is_map, is_true, kind, measure
from shared.field_paths import ABSENT
from shared.messages import Message, reason

Function = Callable[..., Json]
_FOR_MISSING = ("defined", "undefined")


def mapping_over(filters: Mapping[str, Function]) -> Function:
    """Make `map`, which may call these filters by name.

    `map("name")` and `map(attribute="name")` read a field of items that are maps; of other items,
    `map("upper")` is what the filter gives.
    """

    def over(
        run: Run,
        value: Json,
        name: Json = None,
        /,
        *args: Json,
        attribute: Json = None,
        default: Json = ABSENT,
        **kwargs: Json,
    ) -> list[Json]:
        if (name is None) == (attribute is None):
            raise TemplateError("map needs a field or a filter")
        read = getter(attribute if name is None else name, default)
        items = items_of(value)
        if name is None or all(map(is_map, items)):
            return _collected(run, items, read)
        filtered = _filter(run, filters, name, (args, kwargs))
        return _collected(run, items, lambda item: (read if is_map(item) else filtered)(item))

    return over


def _collected(run: Run, items: list[Json], function: Function) -> list[Json]:
    """Apply a function to each item, as long as the results together are small enough."""
    results: list[Json] = []
    size = 0
    for item in items:
        run.look(steps_of(item))
        results.append(function(item))
        size += measure(results[-1]) + 1
        run.room(size)
    return results


def _filter(
    run: Run,
    filters: Mapping[str, Function],
    name: Json,
    arguments: tuple[tuple[Json, ...], dict[str, Json]],
) -> Function:
    function = _listed(filters, "filter", name)
    args, kwargs = arguments
    _check_arguments(function, name, args, kwargs)

    steps = sum(map(steps_of, (*args, *kwargs.values())))

    def filtered(item: Json) -> Json:
        run.charge(steps)
        result = function(run, item, *args, **kwargs)
        if result is ABSENT:
            raise TemplateError(Message("'{name}' of an empty list is undefined", name=name))
        return result

    return filtered


def _listed(known: Mapping[str, Function], what: str, name: Json) -> Function:
    if type(name) is not str:
        raise TemplateError(
            Message("a {what} is named by text, not by {kind}", what=what, kind=Message(kind(name)))
        )
    if name not in known:
        raise TemplateError(Message("unknown {what} '{name:80}'", what=what, name=name))
    return known[name]


def _check_arguments(
    function: Function, name: str, args: tuple[Json, ...], kwargs: dict[str, Json]
) -> None:
    try:
        signature(function).bind(None, None, *args, **kwargs)
    except TypeError as error:
        raise TemplateError(Message("{name}: {why}", name=name, why=reason(error))) from None


def select(run: Run, value: Json, name: Json = None, /, *args: Json) -> list[Json]:
    return _chosen(run, items_of(value), _test(run, name, args))


def reject(run: Run, value: Json, name: Json = None, /, *args: Json) -> list[Json]:
    test = _test(run, name, args)
    return _chosen(run, items_of(value), lambda item: not test(item))


def selectattr(
    run: Run, value: Json, attribute: Json, name: Json = None, /, *args: Json
) -> list[Json]:
    """Keep the items whose field passes a test, or is true; those without the field do not."""
    return _chosen(run, items_of(value), _field_test(run, value, attribute, name, args))


def rejectattr(
    run: Run, value: Json, attribute: Json, name: Json = None, /, *args: Json
) -> list[Json]:
    """Keep the items that `selectattr` leaves out."""
    test = _field_test(run, value, attribute, name, args)
    return _chosen(run, items_of(value), lambda item: not test(item))


def where(run: Run, value: Json, field: Json, wanted: Json, /) -> list[Json]:
    """Keep the items whose field has this value; those without the field have not."""
    return selectattr(run, value, field, "eq", wanted)


def _chosen(run: Run, items: list[Json], test: Callable[[Json], bool]) -> list[Json]:
    chosen: list[Json] = []
    for item in items:
        run.look()
        if test(item):
            chosen.append(item)
    return chosen


def _test(run: Run, name: Json, args: tuple[Json, ...]) -> Callable[[Json], bool]:
    if name is None:
        return is_true
    test = _listed(TESTS, "test", name)
    _check_arguments(test, name, args, {})
    return lambda item: test(run, item, *args)


def _field_test(
    run: Run, value: Json, attribute: Json, name: Json, args: tuple[Json, ...]
) -> Callable[[Json], bool]:
    """Make the test of a field; one that is missing passes none but those of being there.

    A field that none of the items has is a slip of the pen, unless that is what is asked.
    """
    find, test = finder(attribute), _test(run, name, args)
    if name in _FOR_MISSING:
        return lambda item: test(find(item))
    if name is not None:
        _refuse_unknown(run, attribute, items_of(value), find)

    def holds(item: Json) -> bool:
        found = find(item)
        return found is not ABSENT and test(found)

    return holds


def _refuse_unknown(run: Run, attribute: Json, items: list[Json], find: Getter) -> None:
    for item in items:
        run.look()
        if find(item) is not ABSENT:
            return
    if items:
        raise unknown(attribute, items)


CHOOSING: Mapping[str, Function] = {
    "select": select,
    "reject": reject,
    "selectattr": selectattr,
    "rejectattr": rejectattr,
    "where": where,
}
