"""The law's cases of expressions, found by reflection: a new filter is among them by itself."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from inspect import Parameter, signature
from types import MappingProxyType
from typing import Any

from shared.expressions import Scope, parse_expression
from shared.expressions.filters import FILTERS
from shared.expressions.functions import FUNCTIONS
from shared.expressions.operators import ARITHMETIC
from shared.expressions.predicates import TESTS
from tests.support.bounds.values import FEW, HEAVY, LISTS, TARGETS, made

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_VALUE = "value"
_PLACES = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_SYMBOLS = {
    "Add": "+",
    "Sub": "-",
    "Mul": "*",
    "Div": "/",
    "FloorDiv": "//",
    "Mod": "%",
    "Pow": "**",
    "Concat": "~",
}
_FITTING: Mapping[str, tuple[Any, Any]] = MappingProxyType(
    {
        "unit": ("days", "months"),
        "attribute": ("k", 0),
        "field": ("k", 0),
        "n": (1, 2),
        "linecount": (1, 2),
    }
)
"""Two values for required parameters that stand beside the tested one; else a text, a number."""
Arguments = list[tuple[str, Any]]


def _function(table: str, subject: str) -> Callable[..., Any]:
    return {"filter": FILTERS, "test": TESTS, "function": FUNCTIONS}[table][subject]


def _known(table: Mapping[str, Callable[..., Any]]) -> list[str]:
    """Return one name of each function."""
    return sorted(
        {function: name for name, function in table.items() if name.isidentifier()}.values()
    )


def _parameters(table: str, subject: str) -> list[Parameter]:
    """Return a function's parameters without the run."""
    return list(signature(_function(table, subject)).parameters.values())[1:]


def _arguments(table: str, subject: str, tested: str, heavy: Any, choice: int) -> Arguments:
    """Return prefix and value of each argument after the value; what may be left out is."""
    found: Arguments = []
    of_value = 0 if table == "function" else 1
    known = _parameters(table, subject)[of_value:]
    last = max((at for at, each in enumerate(known) if each.name == tested), default=-1)
    for at, each in enumerate(known):
        if each.name == tested:
            found.append((_prefix(each), heavy))
        elif each.kind in _PLACES and each.default is Parameter.empty:
            found.append(("", _fitting(each.name, choice)))
        elif each.kind in _PLACES and at < last and known[last].kind is not Parameter.KEYWORD_ONLY:
            found.append(("", _default(subject, each)))
    return found


def _prefix(tested: Parameter) -> str:
    if tested.kind is Parameter.VAR_KEYWORD:
        return "k="
    return f"{tested.name}=" if tested.kind is Parameter.KEYWORD_ONLY else ""


def _default(subject: str, parameter: Parameter) -> Any:
    if parameter.name == "name":
        return "default" if subject == "map" else "eq"
    known = isinstance(parameter.default, str | int | float)
    return parameter.default if known else None


def _fitting(name: str, choice: int) -> Any:
    return _FITTING.get(name, ("a", 1))[choice]


def _choices(table: str, subject: str, tested: str) -> range:
    """Return 0 and 1 where another argument is required, to be given two ways."""
    known = _parameters(table, subject)[0 if table == "function" else 1 :]
    others = [each for each in known if each.name != tested and each.kind in _PLACES]
    return range(2 if any(each.default is Parameter.empty for each in others) else 1)


def _surroundings(table: str, subject: str, tested: str) -> Iterator[tuple[str, str]]:
    for choice in _choices(table, subject, tested):
        if tested == _VALUE:
            yield from ((shape, f"alone {choice}") for shape in (*HEAVY, *TARGETS))
            continue
        for frame in _frames(table, subject):
            yield from ((shape, f"{frame} {choice}") for shape in HEAVY)


def _frames(table: str, subject: str) -> Iterator[str]:
    if table == "function":
        yield "alone"
        return
    yield from (f"after {name}" for name in (*FEW, *TARGETS))
    if table == "test":
        yield from (f"each of {name}" for name in LISTS)
        yield "field of maps"
    elif subject in FILTERS and table == "filter":
        yield from (f"each of {name}" for name in LISTS if name != "maps")


def _run(table: str, subject: str, tested: str, shape: str, frame: str) -> Any:
    *words, choice = frame.split()
    if tested == _VALUE:
        target = made("many" if shape in TARGETS and shape not in HEAVY else "heavy", shape)
        heavy = None
    else:
        heavy = made("heavy", shape)
        target = None if words == ["alone"] else _target(words[-1])
    arguments = _arguments(table, subject, tested, heavy, int(choice))
    names = {f"a{index}": value for index, (_, value) in enumerate(arguments)}
    listed = ", ".join(f"{prefix}a{index}" for index, (prefix, _) in enumerate(arguments))
    source = _written(table, subject, words[0], listed)
    return parse_expression(source).evaluate(Scope({"x": target, **names}, "s", _NOW))


def _target(name: str) -> Any:
    return made("few" if name in FEW else "many", name)


def _written(table: str, subject: str, frame: str, arguments: str) -> str:
    called = f"{subject}({arguments})" if arguments else subject
    named = f"'{subject}', {arguments}" if arguments else f"'{subject}'"
    if table == "function":
        return f"{subject}({arguments})"
    if frame == "each":
        return f"x | {'map' if table == 'filter' else 'select'}({named})"
    if frame == "field":
        return f"x | selectattr('k', {named})"
    return f"x | {called}" if table == "filter" else f"x is {called}"


def _operators() -> list[str]:
    return [*ARITHMETIC, "Concat"]


def _beside(_: str, tested: str) -> Iterator[tuple[str, str]]:
    del tested
    for other in (*FEW, *TARGETS):
        yield from ((shape, f"beside {other}") for shape in HEAVY)


def _operate(subject: str, tested: str, shape: str, frame: str) -> Any:
    sides = {"heavy": made("heavy", shape), "other": _target(frame.rsplit(maxsplit=1)[-1])}
    order = "heavy {} other" if tested == "left" else "other {} heavy"
    source = order.format(_SYMBOLS[subject])
    return parse_expression(source).evaluate(Scope(sides, "s", _NOW))


def _table(table: str, functions: Mapping[str, Callable[..., Any]]) -> tuple[Any, ...]:
    return (
        lambda: _known(functions),
        lambda subject: [
            _VALUE if table != "function" and at == 0 else each.name
            for at, each in enumerate(_parameters(table, subject))
        ],
        lambda subject, tested: _surroundings(table, subject, tested),
        lambda *case: _run(table, *case),
    )


TABLES: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {
        "filter": _table("filter", FILTERS),
        "test": _table("test", TESTS),
        "function": _table("function", FUNCTIONS),
        "operator": (_operators, lambda _: ["left", "right"], _beside, _operate),
    }
)
