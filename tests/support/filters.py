"""Expressions with filters, over values of the test's own."""

from datetime import UTC, datetime
from typing import Any

from shared.expressions import Scope, parse_template

ROOTS: dict[str, Any] = {
    "people": [
        {"name": "Ada", "age": 36, "city": {"name": "London"}, "tags": ["a"], "active": True},
        {"name": "bob", "age": 17, "city": {"name": "Paris"}, "tags": []},
        {"name": "Cy", "age": 36, "city": {"name": "london"}, "tags": ["b", "c"], "active": False},
    ],
    "prices": {"b": 2, "A": 3, "c": 1},
}


SCOPE = Scope(ROOTS, "seed", datetime(2026, 1, 1, tzinfo=UTC))


def render(expression: str) -> Any:
    return parse_template("{{ " + expression + " }}").render(SCOPE, "p")
