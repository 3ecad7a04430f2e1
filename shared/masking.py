"""Secret values out of texts: whatever the form, each becomes `******`.

Known are a secret as it is, in another case, base64, URL-encoded, as JSON, Python or HTML escape
it, these mixed and inside each other, with doubled quotes, its UTF-8 misread; each line of a secret
of several lines, and each value of one that is JSON (`secret_forms`). What a credential holds comes
through the same door: the values of those that an execution reads are more secrets of its
`Masking`.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from shared.secret_forms import SHORTEST
from shared.secret_search import SecretSearch, Span
from shared.tree_texts import chunks, places, separator, texts_of, with_texts

__all__ = ["MASK", "SHORTEST", "Masking"]

MASK = "******"
MAX_QUOTED = 10_000
"""The length of what a message quotes; what comes after it is left out."""

_MOST_PASSES = 4


class Masking:
    """The masking of some secrets: it replaces every form of them.

    A mask never makes a new form of a secret visible: what remains is masked again until nothing
    is found. A secret of asterisks alone cannot be told from a mask and is left out.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        known = tuple(secrets)
        self._search = SecretSearch(known) if known else _search_for_none()

    def __bool__(self) -> bool:
        """Tell whether there is anything to mask."""
        return bool(self._search)

    def text(self, text: str) -> str:
        """Return the text without any form of a secret."""
        if self._search.is_clear(text):
            return text
        text, left = _settled(text, self._search.spans)
        return MASK if left else text

    def quoted(self, text: str) -> str:
        """Return what a message quotes: without secrets, nor pieces of them.

        Steps of a path and parts of a token are short, and no longer the secret.
        """
        text = self.text(text)
        if not self._search:
            return text
        text = text if len(text) <= MAX_QUOTED else text[:MAX_QUOTED] + "…"
        text, left = _settled(text, self._search.fragments)
        return MASK if left else text

    def tree(self, value: Any) -> Any:
        """Return a JSON value whose texts, names and numbers hold no secret.

        A number that shows one becomes the mask; names that become equal are numbered, so that
        nothing is lost; what holds none is the same value.
        """
        if not self._search:
            return value
        texts = list(texts_of(value))
        masked = [each for chunk in chunks(texts) for each in self._texts(chunk)]
        return value if masked == texts else with_texts(value, iter(masked), MASK)

    def _texts(self, texts: list[str]) -> list[str]:
        """Mask several texts in one go: each look for all forms costs more than a short text."""
        if len(texts) == 1:
            return [self.text(texts[0])]
        between = separator(self._search.characters.union(MASK, *texts))
        joined = between.join(texts)
        if self._search.is_clear(joined):
            return texts
        settled, left = _settled(joined, self._search.spans)
        masked = settled.split(between)
        for place in places(masked, (start for start, _ in left)):
            masked[place] = MASK
        return masked


@cache
def _search_for_none() -> SecretSearch:
    """Return the search of most executions: they have no secret, and it is made ready once."""
    return SecretSearch(())


def _settled(text: str, find: Callable[[str], Iterator[Span]]) -> tuple[str, list[Span]]:
    """Mask a text until nothing is found, or too often; return what is then still found.

    Where each mask makes another secret visible, nothing of the text is worth showing.
    """
    for _ in range(_MOST_PASSES):
        spans = list(find(text))
        if not spans:
            return text, []
        text = _masked(text, spans)
    return text, list(find(text))


def _masked(text: str, spans: list[Span]) -> str:
    """Put a mask in place of each span, one for those that overlap."""
    parts: list[str] = []
    end = 0
    for start, until in sorted(spans):
        if start >= end or not parts:
            parts += (text[end:start], MASK)
        end = max(end, until)
    return "".join((*parts, text[end:]))
