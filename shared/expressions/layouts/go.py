"""Layouts of Go: the reference time, Mon Jan 2 15:04:05 MST 2006, written as times shall be."""

import re
from collections.abc import Iterator, Mapping

from shared.expressions.errors import TemplateError
from shared.expressions.layouts.parts import DAYS, MONTHS, Piece
from shared.messages import Message

CODES: Mapping[str, str] = {
    "2006": "Y", "06": "y", "January": "B", "Jan": "b", "01": "m", "1": "-m",
    "02": "d", "_2": "e", "2": "-d", "002": "j", "__2": "__j", "Monday": "A", "Mon": "a",
    "15": "H", "03": "I", "3": "-I", "04": "M", "4": "-M", "05": "S", "5": "-S",
    "PM": "p", "pm": "P", "MST": "Z",
    "Z07:00:00": "Z:zs", "Z070000": "Zzs", "Z07:00": "Z:z", "Z0700": "Zz", "Z07": "Zzh",
    "-07:00:00": "z:s", "-070000": "zs", "-07:00": ":z", "-0700": "z", "-07": "zh",
}  # fmt: skip
"""Go's elements, but the fractions `.000` and `.999` of one to nine digits."""

_TOKEN = re.compile(
    r"(?P<point>[.,])(?P<fraction>0{1,9}|9{1,9})(?!\d)"
    r"|(?P<element>[Z-]07(?::00(?::00)?|00(?:00)?)?(?!\d)"
    r"|January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|(?<![A-Za-z])(?:PM|pm)(?![A-Za-z])"
    r"|__2(?!\d)|_2(?!\d))"
    r"|(?P<digits>\d+)|(?P<word>[A-Za-z]+)|."
    , re.DOTALL,
)  # fmt: skip
_DIGITS = re.compile(r"2006|002|0[1-6]|15")
_NAMES = frozenset(
    name.lower() for full in (*MONTHS, *DAYS) for name in (full, full[:3])
) | {"am", "pm"}  # fmt: skip
_TWO_CAPITALS = re.compile(r"[A-Z]{2}")
_ONE_LETTER = re.compile(r"([A-Za-z])\1+|[yYuMLdDEHKkSaAXxzQqGV]")


def is_go(bare: str) -> bool:
    """Tell whether a layout has a digit, or a name as Go's layouts write it."""
    return any(found.lastgroup not in (None, "word") for found in _TOKEN.finditer(bare))


def read(layout: str) -> Iterator[Piece]:
    """Give a layout's pieces; TemplateError for digits and names that Go does not know.

    Other words stay, as in Go, unless they look like a part: `Feb`, `CET`, `yyyy`.
    """
    for found in _TOKEN.finditer(layout):
        if found["digits"]:
            yield from _digits(found["digits"])
        elif found["fraction"]:
            yield from _fraction(found["point"], found["fraction"])
        else:
            _check(found["word"])
            yield Piece(CODES.get(found["element"] or ""), found[0])


def _digits(run: str) -> Iterator[Piece]:
    parts = [run] if len(run) == 1 else _DIGITS.findall(run)
    if "".join(parts) != run or not CODES.keys() >= set(parts):
        raise _unknown(run)
    yield from (Piece(CODES[part], part) for part in parts)


def _fraction(point: str, digits: str) -> Iterator[Piece]:
    if digits.startswith("9"):
        yield Piece(f"t{len(digits)}", digits)
    else:
        yield Piece(None, point)
        yield Piece(f"f{len(digits)}", digits)


def _check(word: str | None) -> None:
    if word and (
        word.lower() in _NAMES or _TWO_CAPITALS.search(word) or _ONE_LETTER.fullmatch(word)
    ):
        raise _unknown(word)


def _unknown(part: str) -> TemplateError:
    sentence = "date knows no '{part:20}' in a layout of Go; it knows {known:1000} .000 .999"
    return TemplateError(Message(sentence, part=part, known=" ".join(CODES)))
