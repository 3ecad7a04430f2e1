"""A process that runs the cases on its standard input, one after the other, within limits.

`python -m tests.support.bounds.child` reads a JSON list of cases and writes a line of JSON before
each case, its number, and one after it, `error`: what is wrong, or null. A case has three seconds
of the processor, and on a machine slower than ours as much more as that is slower.
"""

import json
import resource
import sys
import time
from math import ceil
from pathlib import Path
from typing import Any

from tests.support.bounds.cases import Case, run
from tests.support.costs import unit_seconds

MIN_SECONDS = 3.0
MAX_COST = 35.0
"""Units of `costs` that a case may take: three seconds where a unit takes 86 ms."""
MAX_BYTES = 300 * 1024 * 1024
_REST = 64 * 1024 * 1024
"""Room for the values that cases share, which are made when one first asks for them."""


def main() -> None:
    cases = [Case(*each) for each in json.load(sys.stdin)]
    seconds = max(MIN_SECONDS, MAX_COST * unit_seconds())
    _limit(resource.RLIMIT_AS, _address_space() + MAX_BYTES + _REST)
    for index, case in enumerate(cases):
        _tell(index)
        _limit(resource.RLIMIT_CPU, ceil(time.process_time() + seconds))
        _tell(_outcome(case, seconds))


def _outcome(case: Case, seconds: float) -> dict[str, Any]:
    started = time.process_time()
    try:
        run(case)
    except Exception as error:  # noqa: BLE001  (whatever it is, it is told)
        return {"error": f"{type(error).__name__}: {error}"[:200]}
    taken = time.process_time() - started
    return {"error": f"took {taken:.1f} s" if taken > seconds else None}


def _tell(line: Any) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _address_space() -> int:
    """Return the bytes that this process has at rest."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def _limit(what: int, most: int) -> None:
    resource.setrlimit(what, (most, resource.getrlimit(what)[1]))


if __name__ == "__main__":
    main()
