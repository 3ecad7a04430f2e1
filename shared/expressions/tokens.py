"""One pass over a template's source: literal text, `{{ }}`, `${NAME}`; nothing is scanned twice."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from shared.expressions.errors import TemplateSyntaxError

_MARK = re.compile(
    r"(?P<print>\{\{[-+]?)|(?P<statement>\{[%#])"
    r"|(?P<escape>\$)?\$\{(?P<name>[A-Z_][A-Z0-9_]*)(?:\.(?P<field>[A-Za-z0-9_-]+))?\}"
)
_INSIDE = re.compile(
    r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|['"]|[\[({]|[\])}]""",
    re.DOTALL,
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True)
class Literal:
    text: str


@dataclass(frozen=True)
class Braces:
    """The source of an expression and its offset in the template's."""

    source: str
    offset: int


@dataclass(frozen=True)
class Credential:
    """A reference to a stored credential; `text` is how it was written."""

    name: str
    field: str | None
    text: str


Part: TypeAlias = Literal | Braces | Credential


def tokenise(source: str) -> tuple[Part, ...]:
    """Cut a source into its parts; neighbouring literals are joined."""
    parts: list[Part] = []
    for part in _parts(source):
        last = parts[-1] if parts else None
        if isinstance(part, Literal) and isinstance(last, Literal):
            parts[-1] = Literal(last.text + part.text)
        elif part != Literal(""):
            parts.append(part)
    return tuple(parts)


def _parts(source: str) -> Iterator[Part]:
    position, trim = 0, False
    while mark := _MARK.search(source, position):
        before = source[position : mark.start()]
        before = before.lstrip() if trim else before
        trim = False
        if mark["statement"]:
            _refuse_statement(mark)
        if mark["print"] is None:
            yield Literal(before)
            yield _reference(mark)
            position = mark.end()
            continue
        yield Literal(_left_of(mark, before))
        end = _end_of_expression(source, mark.end())
        trim = source[end - 1] == "-"
        yield Braces(source[mark.end() : end - 1 if trim else end], mark.end())
        position = end + 2
    rest = source[position:]
    yield Literal(rest.lstrip() if trim else rest)


def _refuse_statement(mark: re.Match[str]) -> None:
    what = "comments" if mark[0] == "{#" else "statements"
    raise TemplateSyntaxError(f"{mark[0]!r}: {what} are not part of templates", mark.start())


def _left_of(mark: re.Match[str], before: str) -> str:
    if not mark["print"].endswith("-"):
        return before
    if not mark.string[mark.end() : mark.end() + 1].isspace():
        # Jinja2 would trim, and make 1 of {{-1}} without a word.
        raise TemplateSyntaxError("'{{-' trims white space, '{{ -' is a minus", mark.start())
    return before.rstrip()


def _reference(mark: re.Match[str]) -> Part:
    if mark["escape"]:
        return Literal(mark[0][1:])
    return Credential(mark["name"], mark["field"], mark[0])


def _end_of_expression(source: str, start: int) -> int:
    """Find the `}}` that is in no string and in no bracket."""
    open_brackets: list[str] = []
    for found in _INSIDE.finditer(source, start):
        mark, at = found[0], found.start()
        if mark in _CLOSING:
            open_brackets.append(_CLOSING[mark])
        elif mark in ("'", '"'):
            raise TemplateSyntaxError("a string without its closing quote", at)
        elif mark in _CLOSING.values():
            if not open_brackets and source.startswith("}}", at):
                return at
            _close(open_brackets, mark, at)
    raise TemplateSyntaxError("'{{' without its '}}'", start - 2)


def _close(open_brackets: list[str], mark: str, at: int) -> None:
    expected = open_brackets.pop() if open_brackets else None
    if mark != expected:
        hint = f", expected '{expected}'" if expected else ""
        raise TemplateSyntaxError(f"unexpected '{mark}'{hint}", at)
