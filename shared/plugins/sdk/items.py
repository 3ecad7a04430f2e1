"""The steps through a list: the locals of expressions, the keys of items, the time limit."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from shared.expressions import Expression, TemplateError, TemplateSyntaxError, parse_expression
from shared.messages import Message
from shared.plugins.sdk.paths import field_steps, read
from shared.plugins.sdk.plugin import PluginError, TaskContext
from shared.plugins.sdk.values import compact

_FIELD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_][A-Za-z0-9_-]*)*")
_ITEM = "item."


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
    """Return each item's key: the item itself, a field (a dotted path), or an expression's value.

    A field that is not there is null. `item.x` means field x, unless items have a field `item`.
    """
    if by is None:
        return list(items)
    if not is_field(by):
        return list(evaluated(deferred_expression(by, "by"), items, context))
    if by.startswith(_ITEM) and not any(
        isinstance(each, dict) and "item" in each for _, each in in_time(context, items)
    ):
        by = by.removeprefix(_ITEM)
    steps = field_steps(by)
    return [read(item, steps) for _, item in in_time(context, items)]


def is_field(by: str) -> bool:
    """Tell a dotted path from an expression."""
    return _FIELD.fullmatch(by) is not None


def key_text(key: Any) -> str:
    """Write a key as a map's key: a string as it is, anything else as JSON, 2.0 as 2."""
    if isinstance(key, float) and key.is_integer():
        key = int(key)
    return key if isinstance(key, str) else compact(key)
