"""Layouts of strftime: C99's letters in the C locale, and the fractions that others know."""

import re
from collections.abc import Iterator, Mapping

from shared.expressions.errors import TemplateError
from shared.expressions.layouts import letters
from shared.expressions.layouts.parts import Piece
from shared.messages import Message

_TOKEN = re.compile(r"%([-:]?(?:[A-Za-z%]|$)|.?)|[^%]+", re.DOTALL)
_CODE = re.compile(r"%[-:]?[A-Za-z]")
_OF_PARTS = tuple("YCyGgmBbdejAauwVUWHkIlMSpPzZs")
_NUMBERS = "YCyGgmdejuwVUWHkIlMS"
_ALONE: Mapping[str, str] = {
    **{code: code for code in _OF_PARTS},
    **{f"-{code}": f"-{code}" for code in _NUMBERS},
    "h": "b",
    "f": "f6",
    "L": "f3",
    "N": "f9",
    ":z": ":z",
}
_TEXTS = {"%": "%", "n": "\n", "t": "\t"}
_TOGETHER: Mapping[str, str] = {
    "c": "%a %b %e %H:%M:%S %Y",
    "D": "%m/%d/%y",
    "F": "%Y-%m-%d",
    "r": "%I:%M:%S %p",
    "R": "%H:%M",
    "T": "%H:%M:%S",
    "x": "%m/%d/%y",
    "X": "%H:%M:%S",
}
CODES = tuple(sorted((*_ALONE, *_TEXTS, *_TOGETHER), key=lambda code: (code.lower(), code)))
"""All that may follow a `%`."""


def read(layout: str) -> Iterator[Piece]:
    """Give a layout's pieces; TemplateError for a code that is none of `CODES`.

    Other letters stay, unless they are a pattern of letters: `MM`.
    """
    if letters.is_letters(_CODE.sub(" ", layout)):
        raise TemplateError("the layout is half of strftime and half of letters such as yyyy")
    for found in _TOKEN.finditer(layout):
        yield from _pieces(found[1], found[0])


def _pieces(code: str | None, text: str) -> Iterator[Piece]:
    if code is None:
        yield Piece(None, text)
    elif code in _TOGETHER:
        yield from read(_TOGETHER[code])
    elif code in _TEXTS:
        yield Piece(None, _TEXTS[code])
    elif code in _ALONE:
        yield Piece(_ALONE[code], text)
    else:
        known = " ".join(f"%{each}" for each in CODES if not each.startswith("-"))
        sentence = "date knows no '{code:20}'; it knows {known:1000}, and %-d without zeros"
        raise TemplateError(Message(sentence, code=text, known=known))
