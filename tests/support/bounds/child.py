"""A process that runs the cases on its standard input, one after the other, within limits.

`python -m tests.support.bounds.child` reads a JSON list of cases and writes a line of JSON before
each case, its number, and one after it: seconds of processor time, the exception if there was one.
"""

import json
import resource
import sys
import time
from math import ceil
from pathlib import Path
from typing import Any

from tests.support.bounds.cases import Case, run

MAX_SECONDS = 3
MAX_BYTES = 300 * 1024 * 1024
_REST = 64 * 1024 * 1024
"""Room for the values that cases share, which are made when one first asks for them."""


def main() -> None:
    cases = [Case(*each) for each in json.load(sys.stdin)]
    _limit(resource.RLIMIT_AS, _address_space() + MAX_BYTES + _REST)
    for index, case in enumerate(cases):
        _tell(index)
        _limit(resource.RLIMIT_CPU, ceil(time.process_time()) + MAX_SECONDS)
        _tell(_outcome(case))


def _outcome(case: Case) -> dict[str, Any]:
    started = time.process_time()
    try:
        run(case)
    except Exception as error:  # noqa: BLE001  (whatever it is, it is told)
        return {
            "seconds": time.process_time() - started,
            "error": f"{type(error).__name__}: {error}"[:200],
        }
    return {"seconds": time.process_time() - started, "error": None}


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
