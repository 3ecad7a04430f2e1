"""Python's `%` formatting for JSON values, with widths and precisions that cannot explode."""

import re
from collections.abc import Callable

from shared.expressions.errors import TemplateError
from shared.expressions.limits import MAX_SPECIFIERS
from shared.expressions.scope import Run, finite
from shared.expressions.values import Json, is_map, is_number, kind
from shared.json_text import whole_number
from shared.messages import Message

_SPECIFIER = re.compile(
    r"%(?:\((?P<key>[^()]*)\))?(?P<flags>[-+ #0]*)(?P<width>\d{0,6})(?:\.(?P<precision>\d{0,3}))?"
    r"(?P<type>[sdiufFeEgGxXoc%]?)"
)
_MAX_WIDTH = 100_000


def percent(run: Run, layout: str, arguments: Json) -> str:
    """Fill `%s`, `%d`, `%(name)s` … with a list's items in turn, a map's values, or one value."""
    remaining = list(reversed(arguments)) if type(arguments) is list else [arguments]
    write = _writer(run)
    parts: list[str] = []
    position = size = 0
    for number, found in enumerate(_SPECIFIER.finditer(layout), 1):
        if number > MAX_SPECIFIERS:
            raise TemplateError(f"a format has at most {MAX_SPECIFIERS} specifiers")
        run.look()
        parts += (layout[position : found.start()], _filled(found, arguments, remaining, write))
        size += len(parts[-1]) + len(parts[-2])
        run.room(size)
        position = found.end()
    if remaining and not is_map(arguments):
        raise TemplateError("not all values are used by the format")
    return "".join((*parts, layout[position:]))


def _writer(run: Run) -> Callable[[Json], str]:
    """Make the function that writes an argument as text, once however often it is named."""
    written: dict[int, str] = {}

    def write(value: Json) -> str:
        # The arguments live as long as this does, so an id is of one of them.
        if id(value) not in written:
            written[id(value)] = run.text(value)
        return written[id(value)]

    return write


def _filled(
    found: re.Match[str], arguments: Json, remaining: list[Json], write: Callable[[Json], str]
) -> str:
    if not found["type"] or int(found["width"] or 0) > _MAX_WIDTH:
        raise TemplateError(Message("'{format}' is not a format", format=found[0]))
    if found["type"] == "%":
        return "%"
    value = _argument(found["key"], arguments, remaining)
    sign = f"%{found['flags']}{found['width']}"
    precision = "" if found["precision"] is None else f".{found['precision']}"
    if found["type"] == "s":
        return f"{sign}{precision}s" % (write(value),)
    return f"{sign}{precision}{found['type']}" % (_number(value, found["type"]),)


def _argument(key: str | None, arguments: Json, remaining: list[Json]) -> Json:
    if key is None:
        if not remaining:
            raise TemplateError("the format needs more values than it is given")
        return remaining.pop()
    if not is_map(arguments) or key not in arguments:
        raise TemplateError(Message("the format's value '{key}' is undefined", key=key))
    return arguments[key]


def _number(value: Json, letter: str) -> Json:
    if not is_number(value):
        raise TemplateError(
            Message(
                "the format %{letter} needs a number, not {kind}",
                letter=letter,
                kind=Message(kind(value)),
            )
        )
    if letter not in "xXoc":
        return finite(value)
    number = int(value) if type(value) is bool else whole_number(value)
    if number is None or (letter == "c" and not 0 <= number < 0xD800):
        raise TemplateError(Message("the format %{letter} cannot show this number", letter=letter))
    return finite(number)
