"""Processor time in the machine's own measure, so that a slow machine passes what a fast one does.

Tests assert no times, but for the few promises that are one. A child that does nothing else tells
the processor time of a piece of code in units of a fixed piece of work, done just before and after
it: whatever slows the one slows the other.
"""

import json
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from typing import Any

MAX_COST = 60.0
"""Units that a check, a diff or a masking may take: five seconds where a unit takes 90 ms, and
three times what the dearest takes, 18. What they bound took minutes, 700 units and more."""
_ROOT = Path(__file__).parents[2]
_ASSIGNMENT = re.compile(r"(\w+)\s*=\s*(\w*)")


def cost_of(script: str, given: Any) -> float:
    """Return the units that a script measures of what it is `given`; beyond all, it is killed.

    The script says what is measured by `with measured():`.
    """
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", script],
        cwd=_ROOT,
        input=json.dumps(given).encode(),
        check=True,
        capture_output=True,
    )
    return float(done.stdout)


@contextmanager
def measured() -> Iterator[None]:
    """Print the units that the block takes; let this process die where it goes far beyond all."""
    before = unit_seconds()
    started = time.process_time()
    most = ceil(started + 2 * MAX_COST * before) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))
    yield
    taken = time.process_time() - started
    sys.stdout.write(str(taken / max(before, unit_seconds())))


def unit_seconds() -> float:
    """Return the processor time, in seconds, of a fixed piece of work of Python and of `re`."""
    started = time.process_time()
    found: dict[int, str] = {}
    for number in range(200_000):
        found[number % 1_000] = f"{number:x}"
    assert len(_ASSIGNMENT.findall("name = value, other\n" * 20_000)) == 20_000
    return time.process_time() - started
