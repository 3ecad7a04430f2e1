"""The text of a flow as values that know where they stand, whatever the text is."""

import re
from dataclasses import dataclass
from typing import Any, Final

import yaml

from shared.errors import Problem
from shared.flows.source.composer import Composer, RefusedError
from shared.flows.source.nodes import SourceNode
from shared.flows.source.scalars import locate
from shared.flows.source.unquoted import MESSAGE, find_unquoted

MAX_TEXT: Final = 256 * 1024

LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DIRECTIVE = re.compile(r"(?:(?:[ \t]*(?:#[^\n]*)?|%YAML[^\n]*)\n)*%(?!YAML)")
_NOT_PRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPED_PAIR = re.compile(
    r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|\\.", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Source:
    """The result of reading a text: `root` is None when `problems` stopped it."""

    text: str
    root: SourceNode | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()

    def position(self, node: SourceNode, offset: int | None) -> tuple[int, int]:
        """Return line and column of a character in a text, or of its start where that is unsure."""
        at = None if offset is None or not node.scalar else locate(self.text, node.scalar, offset)
        return (node.line, node.column) if at is None else position_of(self.text, at)


def position_of(text: str, index: int) -> tuple[int, int]:
    """Return the 1-based line and column of a 0-based character offset."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def read_source(text: str | bytes, *, loader: Any = LOADER) -> Source:
    """Read YAML (or JSON, which is YAML) of at most 256 KiB; never raises for any text.

    Bare words mean what YAML 1.2's core schema says. Refused, each with its place: what is no
    UTF-8, control characters, syntax errors, a second document, tags, directives but %YAML,
    duplicate keys, numbers that JSON cannot hold, templates without quotes, more than 100 levels,
    aliases of themselves or that expand past 1 MiB. Numbers with a leading zero are warnings.
    `loader` is libyaml's where it is there; PyYAML's own finds the same, some ten times slower.
    """
    try:
        readable = _readable(text)
    except RefusedError as refusal:
        return Source("", None, (refusal.problem,))
    composer = Composer(readable)
    try:
        for event in yaml.parse(readable, Loader=loader):
            composer.take(event)
    except RefusedError as refusal:
        return Source(readable, None, (*composer.problems, refusal.problem))
    except yaml.MarkedYAMLError as error:
        return Source(readable, None, (*composer.problems, *_syntax(readable, error, composer)))
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        problem = Problem(path="", message=f"YAML syntax: {error}", line=1, column=1)
        return Source(readable, None, (*composer.problems, problem))
    return Source(readable, composer.root, tuple(composer.problems), tuple(composer.warnings))


def _readable(text: str | bytes) -> str:
    encoded = text if isinstance(text, bytes) else text.encode(errors="surrogatepass")
    if len(encoded) > MAX_TEXT:
        raise RefusedError(f"the text has {len(encoded)} bytes, more than {MAX_TEXT}")
    decoded = _decoded(text) if isinstance(text, bytes) else text
    decoded = decoded.removeprefix("\ufeff")
    if found := _NOT_PRINTABLE.search(decoded):
        message = f"the character U+{ord(found.group()):04X} is not allowed"
        raise RefusedError(message, *position_of(decoded, found.start()))
    if found := _DIRECTIVE.match(decoded):
        message = "the one directive that a flow may have is %YAML: leave out this line"
        raise RefusedError(message, *position_of(decoded, found.end() - 1))
    return _join_pairs(decoded) if decoded.lstrip().startswith("{") else decoded


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        before = text[: error.start].decode()
        place = position_of(before, len(before))
        raise RefusedError("the text is not UTF-8", *place) from error


def _join_pairs(text: str) -> str:
    """Join escapes: JSON writes what is beyond 16 bits as two, YAML as one."""

    def join(match: re.Match[str]) -> str:
        if not match[1]:
            return match[0]
        high, low = int(match[1], 16), int(match[2], 16)
        return f"\\U{0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF):08X}"

    return _ESCAPED_PAIR.sub(join, text)


def _syntax(text: str, error: yaml.MarkedYAMLError, composer: Composer) -> tuple[Problem, ...]:
    """Return what broke the text off: a template without quotes is told once, and as that."""
    problem = _syntax_problem(text, error)
    number = problem.line or 1
    if composer.has_refused_template(number):
        return ()
    line = text.splitlines()[number - 1 : number]
    found = find_unquoted(line[0]) if line else None
    if found is None:
        return (problem,)
    return (Problem(path="", message=MESSAGE, line=number, column=found + 1),)


def _syntax_problem(text: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    problem = error.problem or error.context or "not readable"
    at_tab = mark is not None and text[mark.index : mark.index + 1] == "\t"
    if at_tab or "tab" in problem.split():
        message = "YAML syntax: a tab cannot indent, use spaces"
    else:
        message = f"YAML syntax: {problem}"
        message += f", {error.context}" if error.context and error.problem else ""
    return Problem(path="", message=message, line=line, column=column)
