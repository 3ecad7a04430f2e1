"""The search for secrets in a text: where one stands in any of its forms, or a piece of one.

No pattern looks for secrets: escapes are undone (`text_views`), then forms without any
(`secret_forms`) are looked for, so that the time is linear whatever texts and secrets are.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from shared.secret_forms import (
    base64_forms,
    folded,
    folded_forms,
    json_spellings,
    longest_first,
    origins,
    secrets_of,
)
from shared.text_views import (
    BY_SHORT_ESCAPES,
    COLUMNS,
    View,
    has_broken_base64,
    joined_lines,
    may_hold_codes,
    views,
)

FRAGMENT = 8
"""The length from which a piece of a secret is one."""

_ALWAYS_LINEAR = 30_000
"""The length from which CPython's search is linear; below, it is quadratic for some forms."""
_LONG_FORM, _MUCH_WORK = 100, 1_000_000
_SHORT_TEXT = 2_000

Span = tuple[int, int]
"""Start and end of a place in a text."""


class SecretSearch:
    """The search for some secrets, made ready once for many texts."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = secrets_of(secrets)
        self._forms = folded_forms(known)
        base64s = {
            form: end
            for secret in known
            for spelling in json_spellings(secret)
            for form, end in base64_forms(spelling)
        }
        self._base64 = {form: base64s[form] for form in longest_first(base64s)}
        self._is_ascii = all(map(str.isascii, (*known, *self._forms)))
        self._has_spaces = any(" " in form for form in self._forms)
        # Only these can come to light where no escape stands for just any character.
        self._escaped = [form for form in self._forms if BY_SHORT_ESCAPES & set(form)]
        self._escaped_base64 = {form: end for form, end in self._base64.items() if "/" in form}
        wanted = "".join((*self._escaped, *self._escaped_base64))
        if any(len(form) > COLUMNS for form in self._base64):
            wanted += "\r\n"
        self._wanted = BY_SHORT_ESCAPES.intersection(wanted)

    def __bool__(self) -> bool:
        """Tell whether there is anything to look for."""
        return bool(self._forms)

    @cached_property
    def characters(self) -> frozenset[str]:
        """The characters that a form of a secret may have."""
        return frozenset().union(*self._forms, *self._base64, *self._base64.values())

    def is_clear(self, text: str) -> bool:
        """Tell quickly that a text holds no secret, as most do; False may be wrong."""
        if not self._forms:
            return True
        if len(text) > _SHORT_TEXT or ("\\" in text and self._wanted) or may_hold_codes(text):
            return False
        if "\n" in text and has_broken_base64(text):
            return False
        haystack = self._haystack(text)
        for form in self._base64:
            if form in text:
                return False
        for form in self._forms:  # noqa: SIM110 - twice as fast
            if form in haystack:
                return False
        return True

    def spans(self, text: str) -> Iterator[Span]:
        """Yield the places of secrets in the text, in no order; some overlap."""
        forms, base64s, has_codes = self._forms, self._base64, may_hold_codes(text)
        for view in views(text, wanted=self._wanted):
            yield from _base64_spans(view, base64s)
            joined = joined_lines(view)
            if joined is not view:
                yield from _base64_spans(joined, self._base64)
            yield from self._folded_spans(view, forms)
            if not has_codes:
                forms, base64s = self._escaped, self._escaped_base64

    def fragments(self, text: str) -> Iterator[Span]:
        """Yield the places of what the text has in common with a secret, piece by piece."""
        for view in views(text):
            froms, haystack = origins(view.text), folded(view.text)
            for at in range(len(haystack) - FRAGMENT + 1):
                if hash(haystack[at : at + FRAGMENT]) in self._pieces:
                    yield view.raw(froms[at], froms[at + FRAGMENT - 1] + 1)

    @cached_property
    def _pieces(self) -> set[int]:
        """The hashes of all pieces of secrets, which take a third of the memory of the pieces."""
        pieces = {
            hash(form[at : at + FRAGMENT])
            for form in self._forms
            for at in range(len(form) - FRAGMENT + 1)
        }
        return pieces - {hash("*" * FRAGMENT)}

    def _folded_spans(self, view: View, forms: list[str]) -> Iterator[Span]:
        haystack = self._haystack(view.text)
        found = [(at, form) for form in forms for at in _places(haystack, form)]
        if not found:
            return
        froms = origins(view.text) if len(haystack) > len(view.text) else None
        for at, form in found:
            start, end = at, at + len(form)
            if froms:
                start, end = froms[start], froms[end - 1] + 1
            if not self._is_ascii or view.text[start:end].isascii() or froms:
                yield view.raw(start, end)

    def _haystack(self, text: str) -> str:
        """Return the text folded, as the forms are; of other letters than theirs nothing is left.

        For ASCII alone that is ten times as fast, and each character keeps its place.
        """
        if self._is_ascii and not text.isascii():
            text = text.encode("ascii", "replace").decode("ascii")
        text = text.casefold()
        return text.replace("+", " ") if self._has_spaces else text


def _base64_spans(view: View, forms: Mapping[str, str]) -> Iterator[Span]:
    for form, end in forms.items():
        for start in _places(view.text, form):
            at = start + len(form)
            yield view.raw(start, at + _length_of_end(view.text[at : at + len(end)], end))


def _places(text: str, form: str) -> Iterator[int]:
    """Yield where a form stands in a text, each place once."""
    size = len(text)
    if len(form) > size:
        return
    if len(form) >= _LONG_FORM and size < _ALWAYS_LINEAR and len(form) * size > _MUCH_WORK:
        text = text.ljust(max(_ALWAYS_LINEAR, 4 * len(form)), "\0")
    at = text.find(form)
    while 0 <= at <= size - len(form):
        yield at
        at = text.find(form, at + len(form))


def _length_of_end(text: str, end: str) -> int:
    """Return how much of a base64 form's end is there: all, all but the padding, or nothing."""
    bare = end.rstrip("=")
    return next((len(each) for each in (end, bare) if text.startswith(each)), 0)
