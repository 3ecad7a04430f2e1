"""A diff takes three seconds of processor time at most, whatever two texts are.

Elsewhere tests assert no times. What is promised here is one, and the processor time of a child
that does nothing else does not depend on what else the machine does.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

ROOT = Path(__file__).parents[2]
MAX_SECONDS = 3
MAX_TEXT_BYTES = 256 * 1024
COMPARE = """
import json, resource, sys
from shared.flows.text_diff import unified_diff
old, new = json.load(sys.stdin)
before = resource.getrusage(resource.RUSAGE_SELF)
unified_diff(old, new, old_name="old", new_name="new")
after = resource.getrusage(resource.RUSAGE_SELF)
print(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
"""


def seconds_of(old: str, new: str) -> float:
    found = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", COMPARE],
        cwd=ROOT,
        input=json.dumps([old[:MAX_TEXT_BYTES], new[:MAX_TEXT_BYTES]]).encode(),
        check=True,
        capture_output=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (30, 30)),
    )
    return float(found.stdout)


def any_of(words: int, seed: int) -> str:
    lines = [f"{number:x}\n" for number in range(words)]
    return "".join(Random(seed).choices(lines, k=MAX_TEXT_BYTES // 2))


def pieces(size: int, seed: int) -> Iterator[str]:
    """Short pieces of two words, each behind a line that stands once in both texts."""
    for number in range(MAX_TEXT_BYTES // 5):
        yield f"#{number}\n"
        yield from Random(seed * number).choices(["a\n", "b\n"], k=size)


UNIQUE = [f"{number:05d}\n" for number in range(MAX_TEXT_BYTES // 6)]
TWICE = [f"{number:05d}\n" for number in range(MAX_TEXT_BYTES // 12)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("x\n" + "a\n" * 131_000 + "x", "y\n" + "a\n" * 130_000 + "y", id="one word"),
        pytest.param("\n" * MAX_TEXT_BYTES, "a" + "\n" * MAX_TEXT_BYTES, id="empty lines"),
        *(pytest.param(any_of(n, 1), any_of(n, 2), id=f"{n} words") for n in (2, 40, 900, 20_000)),
        *(
            pytest.param("".join(pieces(n, 1)), "".join(pieces(n, 2)), id=f"pieces of {n}")
            for n in (1, 3, 8, 30)
        ),
        pytest.param("".join(UNIQUE), "".join(UNIQUE[::-1]), id="backwards"),
        pytest.param("".join(TWICE * 2), "".join(TWICE[::-1] * 2), id="each twice"),
        pytest.param("a" * MAX_TEXT_BYTES, "b" * MAX_TEXT_BYTES, id="one line"),
    ],
)
def test_no_two_texts_take_longer(old: str, new: str):
    assert seconds_of(old, new) <= MAX_SECONDS
