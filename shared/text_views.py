"""Views of a text: as it stands, and as whoever undoes its escapes reads it.

Three families of escapes are known, alone and mixed, each undone again and again: backslashes
(JSON, Python's `repr` of text and of bytes), percent (URLs), character references (HTML, XML).
A view knows where in the raw text each of its characters comes from. All of it is linear.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from html.entities import html5
from typing import NamedTuple

ROUNDS = 6
"""The number of times that escapes in escapes are undone."""

_SHORT = {'"': '"', "'": "'", "\\": "\\", "/": "/"}
_SHORT |= {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_ASIDE = "\0"
BY_SHORT_ESCAPES = frozenset(_SHORT.values())
"""The characters that a backslash and one more character stand for."""
COLUMNS = 64
"""The length from which lines of base64 are broken: 64 in PEM, 76 in MIME."""


class _Family(NamedTuple):
    """A family of escapes: the character that each begins with, and how one is undone."""

    mark: str
    pattern: re.Pattern[str]
    undo: Callable[[re.Match[str]], str]

    def decode(self, text: str) -> str:
        """Undo one layer of these escapes."""
        return self.pattern.sub(self.undo, text) if self.mark in text else text


class _ShortEscapes(_Family):
    """Backslashes before one of some letters: undone without a call for each."""

    def decode(self, text: str) -> str:
        """Undo one layer; the last backslash of a run belongs to what follows."""
        if self.mark not in text or _ASIDE in text:
            return super().decode(text)
        text = text.replace("\\\\", _ASIDE)
        for letter in self.pattern.pattern[5:-1] if self.mark in text else "":
            text = text.replace(self.mark + letter, _SHORT[letter])
        return text.replace(_ASIDE, "\\")


class View:
    """A text, and where its characters were in the text that it was decoded from."""

    def __init__(
        self, text: str, parent: "View | None" = None, family: "_Family | None" = None
    ) -> None:
        self.text = text
        self._parent = parent
        self._family = family

    def decoded(self, family: "_Family") -> "View":
        """Return the view without one layer of a family's escapes; itself if it has none."""
        text = family.decode(self.text)
        return self if text == self.text else View(text, self, family)

    def raw(self, start: int, end: int) -> tuple[int, int]:
        """Return the place in the raw text of what stands at a place of this one."""
        if self._parent is None:
            return start, end
        return self._parent.raw(self._before(start)[0], self._before(end - 1)[1])

    def _before(self, at: int) -> tuple[int, int]:
        """Return start and end in the parent of what became the character `at`."""
        found = bisect_right(self._starts, at) - 1
        if found < 0:
            return at, at + 1
        _, end, parent_start, parent_end = self._breaks[found]
        if at < end:
            return parent_start, parent_end
        return at - end + parent_end, at - end + parent_end + 1

    @cached_property
    def _starts(self) -> list[int]:
        return [each[0] for each in self._breaks]

    @cached_property
    def _breaks(self) -> list[tuple[int, int, int, int]]:
        """List the escapes that were undone: start and end here, start and end in the parent."""
        parent, family = self._parent, self._family
        breaks: list[tuple[int, int, int, int]] = []
        gained = 0
        for found in family.pattern.finditer(parent.text) if parent and family else ():
            start = found.start() - gained
            end = start + len(family.undo(found)) if family else start
            gained = found.end() - end
            breaks.append((start, end, found.start(), found.end()))
        return breaks


def views(text: str, *, wanted: frozenset[str] = BY_SHORT_ESCAPES) -> Iterator[View]:
    """Yield the text and all that it can be read as, each once.

    What a backslash and one letter stand for is undone for the sake of `wanted` characters.
    """
    raw = View(text)
    yield raw
    if may_hold_codes(text):
        yield from _decoded(raw, with_short_escapes=bool(wanted))
    elif wanted and "\\" in text:
        there = frozenset(
            char for letter, char in _SHORT.items() if char in wanted and "\\" + letter in text
        )
        if there:
            yield from _rounds(raw, (_short_escapes(there),))


def has_broken_base64(text: str) -> bool:
    """Tell whether a text has lines that look like broken base64."""
    return _LINE_BREAK.pattern.search(text) is not None


def joined_lines(view: View) -> View:
    """Return the view with its lines of base64 joined; itself if it has none."""
    return view.decoded(_LINE_BREAK)


def _decoded(raw: View, *, with_short_escapes: bool) -> Iterator[View]:
    seen = {hash(raw.text)}
    marked = [family for family in _FAMILIES if family.mark in raw.text]
    # Alone: what another family takes for an escape may be the text's own characters.
    alone = [(family,) for family in marked] if len(marked) > 1 else []
    for families in (*alone, _FAMILIES):
        for view in _rounds(raw, families, with_short_escapes=with_short_escapes):
            if hash(view.text) not in seen:
                seen.add(hash(view.text))
                yield view


def plain(text: str) -> str:
    """Return the text without any escapes, as the last of its views."""
    last = View(text)
    for view in _rounds(last, _FAMILIES):
        last = view
    return last.text


def _rounds(
    view: View, families: tuple[_Family, ...], *, with_short_escapes: bool = True
) -> Iterator[View]:
    for _ in range(ROUNDS):
        before = view
        for family in families:
            is_wanted = with_short_escapes or family is not _BACKSLASH or _has_codes(view.text)
            now = view.decoded(family) if is_wanted else view
            if now is not view:
                view = now
                yield view
        if view is before:
            return


def may_hold_codes(text: str) -> bool:
    """Tell whether a text has escapes that can stand for any character."""
    return any(
        family.mark in text and family.pattern.search(text) for family in (_PERCENT, _REFERENCE)
    ) or ("\\" in text and _has_codes(text))


def _has_codes(text: str) -> bool:
    return "\\u" in text or "\\x" in text or "\\U" in text


@lru_cache(maxsize=64)
def _short_escapes(wanted: frozenset[str]) -> _ShortEscapes:
    """Return the family of the escapes of some characters; backslashes may hide any of them."""
    letters = "".join(each for each in _SHORT if _SHORT[each] in wanted and each != "\\")
    return _ShortEscapes("\\", re.compile(rf"\\[\\{letters}]"), _backslash)


def _backslash(found: re.Match[str]) -> str:
    escape = found[0]
    if len(escape) == 2:
        return _SHORT[escape[1]]
    if escape[1] == "x":
        return _utf8(escape.replace("\\x", ""))
    code = int(escape[2:6] if escape[1] == "u" else escape[2:], 16)
    if len(escape) == 12:
        return chr(0x10000 + (code - 0xD800 << 10) + int(escape[8:], 16) - 0xDC00)
    return chr(code) if code <= _LAST else escape


def _percent(found: re.Match[str]) -> str:
    return _utf8(found[0].replace("%", ""))


def _utf8(digits: str) -> str:
    """Decode the bytes of one character, or take what is no UTF-8 for Latin-1."""
    content = bytes.fromhex(digits)
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _reference(found: re.Match[str]) -> str:
    name = found[1]
    if name[0] != "#":
        return html5.get(f"{name};", found[0])
    code = int("0" + name[1:], 16 if name[1] in "xX" else 10)
    return chr(code) if code <= _LAST else found[0]


_LAST = 0x10FFFF
_HEX = "[0-9a-fA-F]"


def _utf8_pattern(mark: str) -> str:
    """Return the pattern of the bytes of one character, each behind a mark."""
    more = f"{mark}[89abAB]{_HEX}"
    return (
        f"{mark}(?:[cdCD]{_HEX}{more}|[eE]{_HEX}(?:{more}){{2}}|[fF]{_HEX}(?:{more}){{3}}"
        f"|{_HEX}{{2}})"
    )


_BACKSLASH = _Family(
    "\\",
    re.compile(
        _utf8_pattern(r"\\x")
        + r"""|\\["'\\/bfnrt]"""
        + rf"|\\u[dD][89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}}|\\u{_HEX}{{4}}|\\U{_HEX}{{8}}"
    ),
    _backslash,
)
_PERCENT = _Family("%", re.compile(_utf8_pattern("%")), _percent)
_REFERENCE = _Family(
    "&", re.compile(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"), _reference
)
_FAMILIES = (_BACKSLASH, _PERCENT, _REFERENCE)
_LINE = rf"[A-Za-z0-9+/_-]{{{COLUMNS}}}"
_LINE_BREAK = _Family(
    "\n", re.compile(rf"\n(?<={_LINE}\n)|\r\n(?<={_LINE}\r\n)"), lambda _found: ""
)
"""The line breaks in base64: looked for first, then what stands before them, which is cheap."""
