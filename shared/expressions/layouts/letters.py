"""Layouts of pattern letters: those of Java, and of Moment where Java's would surprise."""

import re
from collections.abc import Iterator, Mapping

from shared.expressions.errors import TemplateError
from shared.expressions.layouts.parts import Piece
from shared.messages import Message

CODES: Mapping[str, str | None] = {
    "G": "era",
    "yyyy": "Y", "uuuu": "Y", "YYYY": "Y", "y": "-Y", "u": "-Y", "yy": "y", "uu": "y", "YY": "y",
    "Q": "q", "q": "q",
    "MMMM": "B", "MMM": "b", "MM": "m", "M": "-m", "LLLL": "B", "LLL": "b", "LL": "m", "L": "-m",
    "dd": "d", "DD": "d", "d": "-d", "D": "-d", "DDD": "j",
    "EEEE": "A", "dddd": "A", "EEE": "a", "EE": "a", "E": "a", "ddd": "a",
    "HH": "H", "H": "-H", "kk": "kk", "k": "-kk", "hh": "I", "h": "-I", "KK": "KK", "K": "-KK",
    "mm": "M", "m": "-M", "ss": "S", "s": "-S", "a": "p", "A": "p",
    **{"S" * digits: f"f{digits}" for digits in range(1, 10)},
    "Z": "Z:z", "ZZ": "z", "ZZZ": "z", "ZZZZZ": "Z:z",
    "X": "Zzh", "XX": "Zz", "XXX": "Z:z", "x": "zh", "xx": "z", "xxx": ":z",
    "z": "Z", "zz": "Z", "zzz": "Z", "VV": "zone",
    "T": None,
}  # fmt: skip
"""Letters in a row, and their parts; `T` stays without quotes too, for ISO 8601."""

QUOTED = re.compile(r"'((?:[^']|'')*)'")
_TOKEN = re.compile(rf"{QUOTED.pattern}|(([A-Za-z])\3*)|(['\[\]{{}}#]|\d+)|.", re.DOTALL)
_RUN = re.compile(r"(([A-Za-z])\2*)")
_WORD = re.compile(r"[A-Za-z]+")


def is_letters(bare: str) -> bool:
    """Tell whether a word consists of known letters, each of them repeated: `yyyyMMddTHH`."""
    words = ({run for run, _ in _RUN.findall(word)} - {"T"} for word in _WORD.findall(bare))
    return any(runs and CODES.keys() >= runs and min(map(len, runs)) > 1 for runs in words)


def read(layout: str) -> Iterator[Piece]:
    """Give a layout's pieces; TemplateError for letters and digits that stay without quotes."""
    for found in _TOKEN.finditer(layout):
        if found[1] is not None:
            yield Piece(None, found[1].replace("''", "'") or "'")
        elif found[4] or (found[2] and found[2] not in CODES):
            known = " ".join(CODES)
            sentence = "date knows no '{part:20}'; what stays goes in quotes: it knows {known:1000}"
            raise TemplateError(Message(sentence, part=found[0], known=known))
        else:
            yield Piece(CODES[found[2]] if found[2] else None, found[0])
