"""The steps through a list: the locals of expressions, the keys of items, the time limit."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from shared.expressions import Expression, TemplateError, TemplateSyntaxError, parse_expression
from shared.field_paths import ABSENT, FieldPath, no_such_field
from shared.json_schema.builders import MAX_NAME, MAX_STEPS
from shared.messages import Message
from shared.plugins.sdk.paths import check_bounds
from shared.plugins.sdk.plugin import PluginError, TaskContext
from shared.plugins.sdk.values import invalid

_FIELD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_][A-Za-z0-9_-]*)*")
_PLAIN_NAME = re.compile(r"[\w .:/@$#%&()-]+")
_QUOTED = re.compile(r"""[{}"'\r\n]""")
_LOCAL = re.compile(r"\b(?:item|index)\b")
_ITEM = "item."
_LOCALS = ("item", "index")


@dataclass(frozen=True)
class DeferredExpression:
    """An expression that knows where in the properties it stands."""

    expression: Expression
    place: str

    def evaluate(self, context: TaskContext, **names: Any) -> Any:
        """Give its value where `names` are known too; TemplateError names the place."""
        return self.expression.evaluate(context.scope.with_locals(**names), self.place)


def deferred_expression(source: str, name: str) -> DeferredExpression:
    """Parse property `name`; TemplateError, like everything that goes wrong later."""
    place = f"properties.{name}"
    try:
        return DeferredExpression(parse_expression(source), place)
    except TemplateSyntaxError as error:
        raise TemplateError(error.reason, place) from None


def in_time(context: TaskContext, items: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    """Yield `items` with their indices until the attempt's deadline."""
    for index, item in enumerate(items):
        if context.remaining() <= 0:
            raise PluginError(
                Message(f"out of time at item {{index}} of {len(items)}", index=index),
                code="timeout",
            )
        yield index, item


def check_time(context: TaskContext) -> None:
    """Raise PluginError `timeout` when the attempt's deadline is over."""
    if context.remaining() <= 0:
        raise PluginError("out of time", code="timeout")


def evaluated(
    expression: DeferredExpression, items: Sequence[Any], context: TaskContext
) -> Iterator[Any]:
    """Yield the expression's value for each item; it sees `item` and `index`."""
    for index, item in in_time(context, items):
        yield expression.evaluate(context, item=item, index=index)


def keys_of(items: Sequence[Any], by: str | None, context: TaskContext) -> list[Any]:
    """Return each item's key: the item itself, a field, or an expression's value.

    A field that an item does not have is null, one that none has an error. `by` is a field if items
    have it: the whole name, then as a dotted path, then without `item.` before it. Else `item` is
    the item, `index` its position; what looks like a plain field is an error; all else is an
    expression.
    """
    if by is None:
        return list(items)
    for name in (by, by.removeprefix(_ITEM)) if by.startswith(_ITEM) else (by,):
        values = _values(items, name, context)
        if any(value is not ABSENT for value in values):
            return [None if value is ABSENT else value for value in values]
    if by in _LOCALS:
        return list(items if by == "item" else range(len(items)))
    if is_field(by) or (may_be_field(by) and not _parses(by)):
        return values_of(items, by.removeprefix(_ITEM), context)
    return list(evaluated(deferred_expression(by, "by"), items, context))


def values_of(
    items: Sequence[Any], name: str, context: TaskContext, *, one: str = "item"
) -> list[Any]:
    """Return each item's field, null where it is missing; PluginError if none has it.

    `one` is the word for an item in that message.
    """
    check_bounds(name)
    values = _values(items, name, context)
    if values and all(value is ABSENT for value in values):
        raise invalid(no_such_field(name, items, one=one))
    return [None if value is ABSENT else value for value in values]


def _values(items: Sequence[Any], name: str, context: TaskContext) -> list[Any]:
    """Return each item's field or ABSENT; no item has one whose path is out of bounds."""
    if len(name) > MAX_NAME or name.count(".") >= MAX_STEPS:
        return []
    path = FieldPath.of(name)
    return [path.find(item) for _, item in in_time(context, items)]


def is_field(by: str) -> bool:
    """Tell a dotted path from an expression."""
    return _FIELD.fullmatch(by) is not None


def may_be_field(by: str) -> bool:
    """Tell what is to be a field's name, `First Name` or `@type`, rather than an expression.

    An expression over items names `item` or `index`; what cannot be parsed is a name if it looks
    like one.
    """
    if is_field(by):
        return True
    if _QUOTED.search(by):
        return False
    is_plain = _PLAIN_NAME.fullmatch(by) is not None
    if _LOCAL.search(by):
        return is_plain and not _parses(by)
    return is_plain or not _parses(by)


def _parses(source: str) -> bool:
    try:
        parse_expression(source)
    except TemplateSyntaxError:
        return False
    return True
