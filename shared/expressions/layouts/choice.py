"""The choice among the kinds of layouts, by what stands in one."""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from shared.expressions.errors import TemplateError
from shared.expressions.layouts import go, letters, strftime
from shared.expressions.layouts.parts import Piece, is_clock, written


def write(moment: datetime, layout: str) -> str:
    """Write a time as a layout says; TemplateError for a layout that is not known whole."""
    return "".join(written(piece, moment) for piece in _read(layout))


def _read(layout: str) -> list[Piece]:
    pieces = _pieces(layout)
    if all(piece.code is None for piece in pieces):
        raise TemplateError(
            "the layout has no part of a time: write %Y-%m-%d, 2006-01-02 or yyyy-MM-dd"
        )
    return list(_with_utc(pieces))


def _with_utc(pieces: list[Piece]) -> Iterator[Piece]:
    """Take a Z behind the clock at its word: it says UTC."""
    for before, piece in pairwise([Piece(None, ""), *pieces]):
        if is_clock(before.code) and _begins_with_z(piece):
            yield Piece("utc", "Z")
            yield Piece(None, piece.text[1:])
        else:
            yield piece


def _begins_with_z(piece: Piece) -> bool:
    is_word = piece.text[1:2].isalpha()
    return piece.code is None and piece.text.startswith("Z") and not is_word


def _pieces(layout: str) -> list[Piece]:
    if "%" in layout:
        return list(strftime.read(layout))
    bare = letters.QUOTED.sub("", layout)
    is_go = go.is_go(bare) and not letters.is_letters(bare)
    return list(go.read(layout) if is_go else letters.read(layout))
