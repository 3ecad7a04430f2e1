"""Slugs: text as lower-case ASCII, without losing any letter of the Latin script."""

import re
import unicodedata
from collections.abc import Mapping

_NOT_IN_A_SLUG = re.compile(r"[^a-z0-9]+")
_LATIN = re.compile(r"LATIN (?:EPIGRAPHIC |SUBSCRIPT )?(?:(?:SMALL|CAPITAL|LETTER|LIGATURE) )+")
_SPELT: Mapping[str, str] = {
    "O WITH STROKE": "oe",
    "SHARP S": "ss",
    "THORN": "th",
    "DOUBLE THORN": "th",
    "ETH": "d",
    "ENG": "ng",
    "KRA": "q",
    "SCHWA": "e",
    "ESH": "sh",
    "EZH": "zh",
    "EZH REVERSED": "zh",
    "YOGH": "gh",
    "HWAIR": "hw",
    "CHI": "ch",
    "PHI": "ph",
    "TESH": "ch",
    "TONE TWO": "z",
    "TONE FIVE": "q",
    "TONE SIX": "h",
}
"""Letters that their names do not spell: `LATIN SMALL LETTER L WITH STROKE` is an l."""

_LONGEST_LETTER = 2
"""The letters of a ligature, in its name: `AE`."""


def slug(text: str) -> str:
    """Return lower-case ASCII letters and digits, joined by single hyphens.

    Accents go, letters of Latin are spelt out (`ß` ss, `ø` oe, `ł` l); other scripts are left out.
    """
    # One by one: normalising a long run of accents takes quadratic time, to sort what goes anyway.
    plain = text.translate({ord(each): _ascii(each) for each in set(text)}).lower()
    return _NOT_IN_A_SLUG.sub("-", plain).strip("-")


def _ascii(character: str) -> str:
    return "".join(map(_letter, unicodedata.normalize("NFKD", character)))


def _letter(character: str) -> str:
    if character.isascii():
        return character
    name = _LATIN.match(unicodedata.name(character, ""))
    return _spelt(name.string[name.end() :]) if name else ""


def _spelt(name: str) -> str:
    letter = name.partition(" WITH ")[0]
    if found := _SPELT.get(name) or _SPELT.get(letter):
        return found
    words = letter.lower().split()
    letters = [word for word in words if len(word) <= _LONGEST_LETTER]
    return letters[-1] if letters else words[-1][0]
