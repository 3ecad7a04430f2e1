"""How util.compare sees two values."""

from typing import Any

import pytest

from shared.plugins.sdk.plugin import PluginError
from tests.support.errors import refusal
from tests.support.plugins import run_plugin


@pytest.mark.parametrize(
    ("a", "op", "b", "result"),
    [
        (1, "eq", 1.0, True),
        (1, "eq", True, False),
        (1, "eq", "1", False),
        (None, "eq", None, True),
        (0, "eq", None, False),
        ({"a": 1, "b": [2]}, "eq", {"b": [2.0], "a": 1}, True),
        ([1, 2], "ne", [2, 1], True),
        (1, "==", 1, True),
        (1, "!=", 1, False),
        (1, "lt", 1.5, True),
        ("a", "<", "b", True),
        ("2026-01-01T00:00:00Z", "<", "2026-01-01T00:00:00.5Z", True),
        ("2026-01-01T01:00:00+02:00", ">=", "2026-01-01T00:00:00Z", False),
        (2, "le", 2, True),
        (2, "<=", 1, False),
        (3, "gt", 2, True),
        ("b", ">", "b", False),
        (2, "ge", 3, False),
        (2, ">=", 2, True),
        ("headrace", "contains", "race", True),
        ([1, "a"], "contains", 1.0, True),
        ([1], "contains", True, False),
        ({"a": 1}, "contains", "a", True),
        ("1", "contains", 1, False),
        ("a", "notContains", "b", True),
        ("b", "in", ["a", "b"], True),
        ("x", "notIn", "abc", True),
        ("headrace", "startsWith", "head", True),
        ("headrace", "endsWith", "head", False),
        ("order-12", "matches", r"^order-\d+$", True),
        ("order", "matches", r"\d", False),
        ("a" * 50_000 + "!", "matches", r"^(a+)+$", False),
    ],
)
def test_comparisons(a: Any, op: str, b: Any, *, result: bool) -> None:
    assert run_plugin("util.compare", {"a": a, "op": op, "b": b}) == {"result": result}


@pytest.mark.parametrize(
    ("a", "op", "b", "message"),
    [
        (1, "lt", "2", "a number and a string have no order"),
        (True, "lt", False, "a boolean and a boolean have no order"),
        (None, "ge", 1, "null and a number have no order"),
        (5, "contains", 5, "a number contains nothing"),
        (5, "startsWith", "5", "a and b must be strings"),
        ("a", "matches", "(", "is not supported"),
        ("a", "matches", "(?=a)", "is not supported"),
        ("a", "matches", "((a{100}){100}){100}", "is not supported"),
        ("\ud800", "matches", "a", "surrogates"),
        ("a", "like", "a", "op must be one of"),
    ],
)
def test_what_cannot_be_compared_is_refused(a: Any, op: str, b: Any, message: str) -> None:
    with refusal(PluginError, match=message):
        run_plugin("util.compare", {"a": a, "op": op, "b": b})
