"""Byte code for the Python that functions run under: compiled here, once, not at each cold start.

Where Lambda unpacks code nothing can be written, so what is not compiled before is compiled anew by
each new environment, and most of a cold start is that.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from uv import find_uv_bin

VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"


class BytecodeError(RuntimeError):
    """A file that the functions' Python cannot read; the message is what it said."""


def find_compiler(python: str) -> str | None:
    """Find an interpreter of a version, `3.13`: byte code of another one is of no use.

    None, after a warning on stderr, when this machine has none: functions work without, but slowly.
    """
    for candidate in _candidates(python):
        if _said([candidate, "-c", VERSION]) == python:
            return candidate
    print(
        f"WARNING: there is no Python {python} on this machine, so nothing is compiled for it: "
        "cold starts of functions will take two to three times as long.\n"
        f"WARNING: `uv python install {python}` brings one; then synthesise again.",
        file=sys.stderr,
    )
    return None


def compile_all(folder: Path, compiler: str, *, runs_at: str) -> None:
    """Put byte code beside every module below `folder`, whose files will stand at `runs_at`.

    It is never compared with its source (`unchecked-hash`): unpacking changes the times of files,
    and reading each source to hash it would cost what byte code saves.
    """
    outcome = subprocess.run(  # noqa: S603 - an interpreter that was just asked for its version
        [
            *(compiler, "-m", "compileall", "-q", "-j", "0"),
            *("--invalidation-mode", "unchecked-hash"),
            *("-s", str(folder), "-p", runs_at, str(folder)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if outcome.returncode:
        raise BytecodeError(f"compiling failed:\n{(outcome.stdout + outcome.stderr).strip()}")


def _candidates(python: str) -> Iterator[str]:
    yield sys.executable
    if on_path := shutil.which(f"python{python}"):
        yield on_path
    # By its own download or by whatever way the system has one.
    for kind in ("--managed-python", "--no-managed-python"):
        if found := _said([find_uv_bin(), "python", "find", "--no-project", kind, python]):
            yield found


def _said(command: list[str]) -> str | None:
    """Return what a command prints; None if it fails or cannot be run."""
    try:
        outcome = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - interpreters and uv
    except OSError:
        return None
    return outcome.stdout.strip() if outcome.returncode == 0 else None
