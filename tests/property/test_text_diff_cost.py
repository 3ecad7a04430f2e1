"""The cost of a diff is bounded, whatever two texts are."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from random import Random

import pytest

from tests.support.costs import MAX_COST, cost_of

MAX_TEXT_BYTES = 256 * 1024
COMPARE = """
import json, sys
from shared.flows.text_diff import unified_diff
from tests.support.costs import measured
old, new = json.load(sys.stdin)
with measured():
    unified_diff(old, new, old_name="old", new_name="new")
"""


def any_of(words: int, seed: int) -> str:
    lines = [f"{number:x}\n" for number in range(words)]
    return "".join(Random(seed).choices(lines, k=MAX_TEXT_BYTES // 2))


def pieces(size: int, seed: int) -> Iterator[str]:
    """Short pieces of two words, each behind a line that stands once in both texts."""
    for number in range(MAX_TEXT_BYTES // (2 * size + 2)):
        yield f"#{number}\n"
        yield from Random(seed * number).choices(["a\n", "b\n"], k=size)


UNIQUE = [f"{number:05d}\n" for number in range(MAX_TEXT_BYTES // 6)]
TWICE = [f"{number:05d}\n" for number in range(MAX_TEXT_BYTES // 12)]
Texts = tuple[str, str]
"""The old one and the new one."""


def words(count: int) -> Texts:
    return any_of(count, 1), any_of(count, 2)


def two_of_pieces(size: int) -> Texts:
    return "".join(pieces(size, 1)), "".join(pieces(size, 2))


TEXTS: Mapping[str, Callable[[], Texts]] = {
    "one word": lambda: ("x\n" + "a\n" * 131_000 + "x", "y\n" + "a\n" * 130_000 + "y"),
    "empty lines": lambda: ("\n" * MAX_TEXT_BYTES, "a" + "\n" * MAX_TEXT_BYTES),
    **{f"{n} words": partial(words, n) for n in (2, 40, 900, 20_000)},
    **{f"pieces of {n}": partial(two_of_pieces, n) for n in (1, 3, 8, 30)},
    "backwards": lambda: ("".join(UNIQUE), "".join(UNIQUE[::-1])),
    "each twice": lambda: ("".join(TWICE * 2), "".join(TWICE[::-1] * 2)),
    "one line": lambda: ("a" * MAX_TEXT_BYTES, "b" * MAX_TEXT_BYTES),
}


@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS)
def test_no_two_texts_take_longer(texts: Callable[[], Texts]):
    given = [text[:MAX_TEXT_BYTES] for text in texts()]

    assert cost_of(COMPARE, given) <= MAX_COST
