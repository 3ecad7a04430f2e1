"""Filters over text; any other value is written as text first, as in Jinja2."""

from collections.abc import Callable

from shared.expressions.scope import Run
from shared.expressions.values import Json, is_true, text


def upper(_: Run, value: Json, /) -> str:
    return text(value).upper()


def lower(_: Run, value: Json, /) -> str:
    return text(value).lower()


def default(_: Run, value: Json, /, default_value: Json = "", boolean: Json = False) -> Json:  # noqa: FBT002  (Jinja2's name and order)
    return default_value if is_true(boolean) and not is_true(value) else value


TEXT: dict[str, Callable[..., Json]] = {
    "upper": upper,
    "lower": lower,
    "default": default,
    "d": default,
}
