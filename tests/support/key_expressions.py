"""What DynamoDB's expressions say of keys: the conditions of a query, and what an update sets."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.support.attribute_values import Value, sort_key

NAME, OPERAND = r"([#\w]+)", r"(:\w+)"
COMPARISON = re.compile(rf"{NAME}\s*(=|<=|>=|<|>)\s*{OPERAND}")
BETWEEN = re.compile(rf"{NAME}\s+BETWEEN\s+{OPERAND}\s+AND\s+{OPERAND}", re.IGNORECASE)
PREFIX = re.compile(rf"begins_with\s*\(\s*{NAME}\s*,\s*{OPERAND}\s*\)")
IN = re.compile(r"\bIN\s*\(([^()]*)\)", re.IGNORECASE)
CLAUSE = re.compile(r"\b(SET|REMOVE|ADD|DELETE)\b")
COMMA = re.compile(r",(?![^(]*\))")
"""One outside of brackets, which do not stand inside each other here."""


class Condition(NamedTuple):
    """One of a key: `operator` is a comparison, `BETWEEN` or `begins_with`."""

    attribute: str
    operator: str
    operands: tuple[Value, ...]

    @property
    def is_turned_round(self) -> bool:
        """Whether the bounds of a BETWEEN are no range: the wrong way round, or of two types."""
        if self.operator != "BETWEEN":
            return False
        low, high = self.operands
        return set(low) != set(high) or sort_key(low) > sort_key(high)

    def holds(self, value: Value) -> bool:
        """Tell whether a key's value is within the condition."""
        found, first = sort_key(value), sort_key(self.operands[0])
        if self.operator == "BETWEEN":
            return bool(first <= found <= sort_key(self.operands[1]))
        if self.operator == "begins_with":
            return bool(found.startswith(first))
        return bool(
            {
                "=": found == first,
                "<": found < first,
                "<=": found <= first,
                ">": found > first,
                ">=": found >= first,
            }[self.operator]
        )


def conditions(expression: str, request: dict[str, Any]) -> Iterator[Condition]:
    """Yield the conditions that compare an attribute with values."""
    names, values = _aliases(request)
    found = [(name, "BETWEEN", pair) for name, *pair in BETWEEN.findall(expression)]
    found += [(name, "begins_with", [one]) for name, one in PREFIX.findall(expression)]
    found += [(name, operator, [one]) for name, operator, one in COMPARISON.findall(expression)]
    for name, operator, operands in found:
        if values.keys() >= set(operands):  # moto refuses one that is not defined
            known = tuple(values[operand] for operand in operands)
            yield Condition(names.get(name, name), operator, known)


def assigned(request: dict[str, Any]) -> Iterator[tuple[str, Value]]:
    """Yield the attributes that an update sets, with each value that they may get."""
    names, values = _aliases(request)
    clauses = CLAUSE.split(request.get("UpdateExpression", ""))[1:]
    for keyword, text in zip(clauses[::2], clauses[1::2], strict=True):
        for assignment in COMMA.split(text) if keyword == "SET" else ():
            path, _, value = assignment.partition("=")
            for operand in set(re.findall(r":\w+", value)) & values.keys():
                yield names.get(path.strip(), path.strip()), values[operand]


def largest_choice(expression: str) -> int:
    """Return how many operands the longest `IN` of an expression has."""
    return max((found.count(",") + 1 for found in IN.findall(expression)), default=0)


def _aliases(request: dict[str, Any]) -> tuple[dict[str, str], dict[str, Value]]:
    return (
        request.get("ExpressionAttributeNames", {}),
        request.get("ExpressionAttributeValues", {}),
    )
