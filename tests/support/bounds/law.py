"""The law itself: cases run in children, and the failures of those that break their limits."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from tests.support.bounds.cases import Case

_BATCH = 400


def failures(cases: Sequence[Case]) -> list[str]:
    """Return a sentence for each case that breaks a limit, in a batch and again on its own.

    On its own, because a child's memory of earlier cases is not the case's.
    """
    suspects = [case for case, outcome in outcomes(cases) if outcome["error"]]
    alone = [(case, outcome) for each in suspects for case, outcome in outcomes([each])]
    return [f"{case}: {outcome['error']}" for case, outcome in alone if outcome["error"]]


def outcomes(cases: Sequence[Case]) -> Iterator[tuple[Case, dict[str, Any]]]:
    """Yield what became of each case, `error`, as the child tells it."""
    waiting = list(cases)
    while waiting:
        done = _batch(waiting[:_BATCH])
        yield from zip(waiting, done, strict=False)
        waiting = waiting[len(done) :]


def _batch(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """Run a child until it ends or dies; the case that it dies of is the last one."""
    child = subprocess.run(
        [sys.executable, "-m", "tests.support.bounds.child"],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=False,
    )
    told = [json.loads(line) for line in child.stdout.splitlines()]
    done = [line for line in told if isinstance(line, dict)]
    if child.returncode == 0:
        return done
    if len(told) % 2 == 0:
        raise AssertionError(child.stderr)
    return [*done, {"error": _death(child.returncode, child.stderr)}]


def _death(code: int, stderr: str) -> str:
    if code == -signal.SIGXCPU:
        return "ran for more than its seconds"
    return f"died ({code}): {stderr[-200:]}"
