"""The comparison of two values without surprises: a string is never a number, true never 1."""

from collections.abc import Callable, Mapping
from typing import Any

from shared.json_schema.builders import anything, boolean, choice, closed, outputs
from shared.json_schema.validator import PatternError, search
from shared.messages import reason
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext
from shared.plugins.sdk.values import identity, invalid, is_number, type_name
from shared.times import time_orders

Test = Callable[[Any, Any], bool]


def _compare(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
    return {"result": _TESTS[properties["op"]](properties["a"], properties["b"])}


def is_equal(a: Any, b: Any) -> bool:
    return identity(a) == identity(b)


def _ordered(test: Test) -> Test:
    def compare(a: Any, b: Any) -> bool:
        if not (is_number(a) and is_number(b)) and not (isinstance(a, str) and isinstance(b, str)):
            raise invalid(f"{type_name(a)} and {type_name(b)} have no order")
        orders = time_orders((a, b))
        return test(*orders) if orders else test(a, b)

    return compare


def _contains(a: Any, b: Any) -> bool:
    if isinstance(a, list):
        sought = identity(b)
        return any(identity(item) == sought for item in a)
    if not isinstance(a, str | dict):
        raise invalid(f"{type_name(a)} contains nothing")
    return isinstance(b, str) and b in a


def _of_texts(test: Callable[[str, str], bool]) -> Test:
    def compare(a: Any, b: Any) -> bool:
        if not isinstance(a, str) or not isinstance(b, str):
            raise invalid(f"a and b must be strings, not {type_name(a)} and {type_name(b)}")
        return test(a, b)

    return compare


def _matches(a: str, b: str) -> bool:
    try:
        return search(b, a)
    except (PatternError, UnicodeError) as error:
        raise invalid(reason(error)) from None


_TESTS: Mapping[str, Test] = {
    "eq": is_equal,
    "ne": lambda a, b: not is_equal(a, b),
    "lt": _ordered(lambda a, b: a < b),
    "le": _ordered(lambda a, b: a <= b),
    "gt": _ordered(lambda a, b: a > b),
    "ge": _ordered(lambda a, b: a >= b),
    "contains": _contains,
    "notContains": lambda a, b: not _contains(a, b),
    "in": lambda a, b: _contains(b, a),
    "notIn": lambda a, b: not _contains(b, a),
    "startsWith": _of_texts(str.startswith),
    "endsWith": _of_texts(str.endswith),
    "matches": _of_texts(_matches),
}
_SIGNS = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_TESTS = {**_TESTS, **{sign: _TESTS[name] for sign, name in _SIGNS.items()}}


PLUGINS = (
    Plugin(
        Manifest(
            id="util.compare",
            name="Compare",
            category="utility",
            description=(
                "Compares two values. 1 equals 1.0, but neither true nor the string 1; only "
                "numbers with numbers and strings with strings have an order, times as times."
            ),
            input_schema=closed(
                {
                    "a": anything("The left value."),
                    "op": choice(
                        "How. contains: a holds b (part of a string, item of a list, key of a "
                        "map), in: the other way round; matches: b is a regular expression.",
                        *_TESTS,
                    ),
                    "b": anything("The right value."),
                },
                required=["a", "op", "b"],
            ),
            output_schema=outputs({"result": boolean("Whether it is so.")}),
            icon="scale",
        ),
        _compare,
    ),
)
