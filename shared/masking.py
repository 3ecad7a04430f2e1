"""Secret values out of texts: whatever the form, each becomes `******`.

Known are a secret as it is, in another case, base64, URL-encoded, as JSON, Python or HTML escape
it, these mixed and inside each other, and each line of a secret of several lines. No pattern looks
for secrets: escapes are undone (`text_views`), then forms without any (`secret_forms`) are looked
for, so that the time is linear whatever texts and secrets are. What a credential holds comes
through the same door: the values of those that an execution reads are more secrets of its
`Masking`.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from shared.secret_forms import (
    SHORTEST,
    base64_forms,
    folded,
    folded_forms,
    longest_first,
    secrets_of,
)
from shared.text_views import BY_SHORT_ESCAPES, View, may_hold_codes, plain, views
from shared.tree_texts import chunks, places, separator, texts_of, with_texts

__all__ = ["MASK", "SHORTEST", "Masking"]

MASK = "******"
MAX_QUOTED = 10_000
"""The length of what a message quotes; what comes after it is left out."""
FRAGMENT = 8
"""The length from which a piece of a secret is masked in what a message quotes."""

_MOST_PASSES = 8
_ALWAYS_LINEAR = 30_000
"""The length from which CPython's search is linear; below, it is quadratic for some forms."""
_LONG_FORM, _MUCH_WORK = 100, 1_000_000
_SHORT_TEXT = 2_000

Span = tuple[int, int]


class Masking:
    """The masking of some secrets: it replaces every form of them.

    A mask never makes a new form of a secret visible: what remains is masked again until nothing
    is found. A secret of asterisks alone cannot be told from a mask and is left out.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = secrets_of(secrets)
        self._forms = folded_forms({*self._secrets, *map(plain, self._secrets)})
        base64s = {form: end for secret in self._secrets for form, end in base64_forms(secret)}
        self._base64 = {form: base64s[form] for form in longest_first(base64s)}
        self._is_ascii = all(map(str.isascii, (*self._secrets, *map(plain, self._secrets))))
        self._has_spaces = any(" " in form for form in self._forms)
        # Only these can come to light where no escape stands for just any character.
        self._escaped = [form for form in self._forms if BY_SHORT_ESCAPES & set(form)]
        self._escaped_base64 = {form: end for form, end in self._base64.items() if "/" in form}
        self._wanted = BY_SHORT_ESCAPES.intersection(
            "".join((*self._escaped, *self._escaped_base64))
        )

    def __bool__(self) -> bool:
        """Tell whether there is anything to mask."""
        return bool(self._secrets)

    def text(self, text: str) -> str:
        """Return the text without any form of a secret."""
        if not self._secrets:
            return text
        text, left = self._settled(text)
        return MASK if left else text

    def quoted(self, text: str) -> str:
        """Return what a message quotes: without secrets, nor pieces of them.

        Steps of a path and parts of a token are short, and no longer the secret.
        """
        text = self.text(text)
        if not self._secrets:
            return text
        text = text if len(text) <= MAX_QUOTED else text[:MAX_QUOTED] + "…"
        for _ in range(_MOST_PASSES):
            spans = list(self._fragments(text))
            if not spans:
                return text
            text = _masked(text, spans)
        return MASK

    def tree(self, value: Any) -> Any:
        """Return a JSON value whose texts, names and numbers hold no secret.

        A number that shows one becomes the mask; what holds none is the same value.
        """
        if not self._secrets:
            return value
        texts = list(texts_of(value))
        masked = [each for chunk in chunks(texts) for each in self._texts(chunk)]
        return value if masked == texts else with_texts(value, iter(masked), MASK)

    def _texts(self, texts: list[str]) -> list[str]:
        """Mask several texts in one go: each look for all forms costs more than a short text."""
        if len(texts) == 1:
            return [self.text(texts[0])]
        between = separator(self._characters.union(*texts))
        joined = between.join(texts)
        settled, left = self._settled(joined)
        if settled == joined:
            return texts
        masked = settled.split(between)
        for place in places(masked, (start for start, _ in left)):
            masked[place] = MASK
        return masked

    def _settled(self, text: str) -> tuple[str, list[Span]]:
        """Mask a text until nothing is found, or too often; return what is then still found.

        Where each mask makes another secret visible, nothing of the text is worth showing.
        """
        if self._is_clear(text):
            return text, []
        for _ in range(_MOST_PASSES):
            spans = list(self._spans(text))
            if not spans:
                return text, []
            text = _masked(text, spans)
        return text, list(self._spans(text))

    def _is_clear(self, text: str) -> bool:
        """Tell quickly that a text holds nothing to mask, as most do; False may be wrong."""
        if len(text) > _SHORT_TEXT or ("\\" in text and self._wanted) or may_hold_codes(text):
            return False
        haystack = self._haystack(text)
        for form in self._base64:
            if form in text:
                return False
        for form in self._forms:  # noqa: SIM110 - twice as fast
            if form in haystack:
                return False
        return True

    def _spans(self, text: str) -> Iterator[Span]:
        """Yield the places of secrets in the text."""
        forms, base64s, has_codes = self._forms, self._base64, may_hold_codes(text)
        for view in views(text, wanted=self._wanted):
            for form, end in base64s.items():
                for start in _places(view.text, form):
                    at = start + len(form)
                    yield view.raw(start, at + _length_of_end(view.text[at : at + len(end)], end))
            yield from self._folded_spans(view, forms)
            if not has_codes:
                forms, base64s = self._escaped, self._escaped_base64

    def _folded_spans(self, view: View, forms: list[str]) -> Iterator[Span]:
        haystack = self._haystack(view.text)
        found = [(at, form) for form in forms for at in _places(haystack, form)]
        if not found:
            return
        origins = _origins(view.text) if len(haystack) > len(view.text) else None
        for at, form in found:
            start, end = at, at + len(form)
            if origins:
                start, end = origins[start], origins[end - 1] + 1
            if not self._is_ascii or view.text[start:end].isascii() or origins:
                yield view.raw(start, end)

    def _haystack(self, text: str) -> str:
        """Return the text folded, as the forms are; of other letters than theirs nothing is left.

        For ASCII alone that is ten times as fast, and each character keeps its place.
        """
        if self._is_ascii and not text.isascii():
            text = text.encode("ascii", "replace").decode("ascii")
        text = text.casefold()
        return text.replace("+", " ") if self._has_spaces else text

    def _fragments(self, text: str) -> Iterator[Span]:
        """Yield the places of what the text has in common with a secret, piece by piece."""
        for view in views(text):
            origins, haystack = _origins(view.text), folded(view.text)
            for at in range(len(haystack) - FRAGMENT + 1):
                if hash(haystack[at : at + FRAGMENT]) in self._pieces:
                    yield view.raw(origins[at], origins[at + FRAGMENT - 1] + 1)

    @cached_property
    def _pieces(self) -> set[int]:
        """The hashes of all pieces of secrets, which take a third of the memory of the pieces."""
        pieces = {
            hash(form[at : at + FRAGMENT])
            for form in self._forms
            for at in range(len(form) - FRAGMENT + 1)
        }
        return pieces - {hash("*" * FRAGMENT)}

    @cached_property
    def _characters(self) -> frozenset[str]:
        """The characters that a form of a secret may have."""
        return frozenset().union(*self._forms, *self._base64, *self._base64.values(), MASK)


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


def _origins(text: str) -> list[int]:
    """Return for each character of a folded text which one of the text it comes from."""
    return [at for at, char in enumerate(text) for _ in char.casefold()]


def _masked(text: str, spans: list[Span]) -> str:
    """Put a mask in place of each span, one for those that overlap."""
    parts: list[str] = []
    end = 0
    for start, until in sorted(spans):
        if start >= end or not parts:
            parts += (text[end:start], MASK)
        end = max(end, until)
    return "".join((*parts, text[end:]))
