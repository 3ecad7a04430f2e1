"""An expression's source as the tokens of Jinja2's parser, numbered by character, not by line.

The parser copies a token's number into the nodes it makes, so each node knows its offset.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from shared.expressions.errors import TemplateError, TemplateSyntaxError
from shared.expressions.habits import instead_of_sign
from shared.expressions.limits import MAX_BRACKETS
from shared.expressions.scope import finite

_IGNORED = frozenset({"whitespace", "variable_begin"})
_ESCAPE = re.compile(
    r"\\(?:\n|[\\'\"abfnrtv]|[0-3]?[0-7]{1,2}|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})"
)
_NUMBER_LENGTH = 400
"""More characters than any number has that JSON can hold."""


@cache
def environment() -> Any:
    """Make Jinja2's environment; it only ever parses, and is imported when first used."""
    from jinja2 import Environment  # noqa: PLC0415  (a cold start without templates does without)

    return Environment(autoescape=False)  # noqa: S701  (nothing is rendered by Jinja2, no HTML made)


def stream(source: str) -> Any:
    """Give the parser's token stream over an expression's source."""
    from jinja2.lexer import Token, TokenStream  # noqa: PLC0415

    tokens = [Token(*found) for found in _tokens(source)]
    return TokenStream(iter(tokens), None, None)


def _tokens(source: str) -> Iterator[tuple[int, str, Any]]:
    from jinja2.exceptions import TemplateSyntaxError as JinjaError  # noqa: PLC0415

    offset, depth = 0, 0
    try:
        for _, kind, raw in environment().lexer.tokeniter(source, None, None, "variable"):
            depth += (raw in ("(", "[", "{")) - (raw in (")", "]", "}"))
            if depth > MAX_BRACKETS:
                raise TemplateSyntaxError("the expression is nested too deeply", offset)
            if kind not in _IGNORED:
                yield offset, *_converted(kind, raw, offset)
            offset += len(raw)
    except JinjaError as error:
        raise TemplateSyntaxError(_sentence(error, source, offset), offset) from None


def _sentence(error: Any, source: str, offset: int) -> str:
    character = source[offset : offset + 1]
    message: str = error.message or ""
    if not message.startswith("unexpected char "):
        return message
    if character in ("'", '"'):
        return "a string without its closing quote"
    return f"unexpected character {character!r}{instead_of_sign(source, offset)}"


def _converted(kind: str, raw: str, offset: int) -> tuple[str, Any]:
    if kind == "string":
        return kind, _string(raw[1:-1], offset)
    if kind in ("integer", "float"):
        return kind, _number(kind, raw.replace("_", ""), offset)
    if kind == "operator":
        from jinja2.lexer import operators  # noqa: PLC0415

        return operators[raw], raw
    if kind == "name" and not raw.isidentifier():
        raise TemplateSyntaxError(f"'{raw[:80]}' is not a name", offset)
    return kind, raw


def _number(kind: str, raw: str, offset: int) -> Any:
    try:
        if len(raw) <= _NUMBER_LENGTH:
            return finite(float(raw) if kind == "float" else int(raw, 0))
    except TemplateError as error:
        raise TemplateSyntaxError(error.reason, offset) from None
    raise TemplateSyntaxError("the number is too long", offset)


def _string(raw: str, offset: int) -> str:
    """Resolve the escapes of a Python string; an unknown one stays as it is written."""
    try:
        plain = _ESCAPE.sub(lambda found: found[0].encode().decode("unicode-escape"), raw)
        return plain.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeError:
        raise TemplateSyntaxError("the string holds no valid text", offset) from None
