"""The meaning of a bare word of YAML (core schema of YAML 1.2), and the place of its parts."""

import math
import re
from itertools import islice
from typing import Final, NamedTuple

from shared.json_text import Json

_MAX_DIGITS = 100
_WORDS: Final[dict[str, Json]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_STARTS_NUMBER = frozenset("+-.0123456789")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_ESCAPE = re.compile(r"\\(?:x..|u....|U........|.)|[^\\]", re.DOTALL)


class Scalar(NamedTuple):
    """A scalar as written: its text once unquoted, its style (`'`, `"`, `|`, `>`, plain), its span.

    `start` and `end` are 0-based character offsets in the text of the flow, quotes included.
    """

    text: str
    style: str
    start: int
    end: int


def resolve(text: str) -> Json:
    """Return the value of a plain scalar; dates and `yes` are text. ValueError: no JSON number."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _STARTS_NUMBER:
        return text
    for pattern, radix in ((_INTEGER, 10), (_OCTAL, 8), (_HEXADECIMAL, 16)):
        if pattern.fullmatch(text):
            return _integer(text, radix)
    if _FLOAT.fullmatch(text):
        return _finite(text)
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is no finite number")
    return text


def has_leading_zero(number: str) -> bool:
    """Tell whether a number as written (`0123`) may be meant as text, or as YAML 1.1's octal."""
    return _LEADING_ZERO.match(number) is not None


def _integer(text: str, radix: int) -> int:
    if len(text) > _MAX_DIGITS:
        raise ValueError(f"a number has at most {_MAX_DIGITS} digits; quote it to make it text")
    return int(text, radix)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no finite number")
    return number


def locate(source: str, scalar: Scalar, offset: int) -> int | None:
    """Return the offset in `source` of the character at `offset` of the scalar's text.

    None where that is unsure, as in folded text and quoted text over several lines: the caller
    names the scalar's start.
    """
    written = source[scalar.start : scalar.end]
    if scalar.style == "|":
        return _locate_in_block(source, scalar, offset)
    if "\n" in written or scalar.style == ">":
        return None
    if scalar.style == '"':
        units = (match.end() - match.start() for match in _ESCAPE.finditer(written[1:-1]))
        return scalar.start + 1 + sum(islice(units, offset))
    if scalar.style == "'":
        return scalar.start + 1 + offset + scalar.text.count("'", 0, offset)
    return scalar.start + offset if written == scalar.text else None


def _locate_in_block(source: str, scalar: Scalar, offset: int) -> int | None:
    before = scalar.text[:offset]
    number = before.count("\n") + 1
    content = scalar.text.split("\n")[number - 1]
    start = scalar.start
    for _ in range(number):
        start = source.find("\n", start) + 1
        if not start:
            return None
    end = source.find("\n", start)
    line = source[start : len(source) if end < 0 else end].removesuffix("\r")
    if not line.endswith(content):
        return None
    return start + len(line) - len(content) + len(before) - before.rfind("\n") - 1
