"""The texts in a JSON value, its names and numbers among them, to be changed all at once."""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from itertools import accumulate, chain
from typing import Any

CHUNK = 50_000
"""The number of characters that are looked at in one go."""
_SEPARATORS = (range(1, 9), range(0xF0000, 0x10FFFE))
"""Control characters and those for private use: more than a chunk and some secrets can hold."""


def texts_of(value: Any) -> Iterator[str]:
    """Yield texts, names, and numbers as they are written, in the order of the value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from texts_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_of(each)
    elif _is_written(value):
        yield json.dumps(value)


def with_texts(value: Any, texts: Iterator[str], changed: str) -> Any:
    """Return the value with other texts for its own; a number that differs becomes `changed`.

    Names that become equal are numbered, so that no value is lost.
    """
    if isinstance(value, str):
        return next(texts)
    if isinstance(value, dict):
        return _with_names(value, texts, changed)
    if isinstance(value, list):
        return [with_texts(each, texts, changed) for each in value]
    if _is_written(value):
        return value if next(texts) == json.dumps(value) else changed
    return value


def _with_names(value: dict[str, Any], texts: Iterator[str], changed: str) -> dict[str, Any]:
    numbers: Counter[str] = Counter()
    named: dict[str, Any] = {}
    for own, each in value.items():
        name = shown = next(texts)
        while shown in named or (name != own and shown in value):
            numbers[name] += 1
            shown = f"{name} ({numbers[name] + 1})"
        named[shown] = with_texts(each, texts, changed)
    return named


def chunks(texts: Iterable[str]) -> Iterator[list[str]]:
    """Put texts together that have few characters; a long one is alone."""
    chunk: list[str] = []
    size = 0
    for text in texts:
        if chunk and size + len(text) > CHUNK:
            yield chunk
            chunk, size = [], 0
        chunk.append(text)
        size += len(text) + 1
    if chunk:
        yield chunk


def separator(characters: AbstractSet[str]) -> str:
    """Return a character that is none of these, and no part of an escape."""
    return next(char for char in map(chr, chain(*_SEPARATORS)) if char not in characters)


def places(texts: list[str], positions: Iterable[int]) -> set[int]:
    """Return which of the texts the positions are in, where one character stands between them."""
    starts = list(accumulate((len(text) + 1 for text in texts), initial=0))
    return {bisect_right(starts, position) - 1 for position in positions}


def _is_written(value: Any) -> bool:
    return value is not None and not isinstance(value, bool)
