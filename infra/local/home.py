"""The home's modes: it holds inputs, keys and logs, and is nobody's but its owner's."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PRIVATE, READABLE = 0o077, 0o022


def close_home(home: Path) -> None:
    """Make the home, or take from a former one what others may; all that comes later inherits it.

    The snapshots' children and the functions' processes have the umask of this one.
    """
    os.umask(PRIVATE)
    home.mkdir(parents=True, exist_ok=True)
    for folder, _, names in os.walk(home):
        for path in (Path(folder), *(Path(folder) / name for name in names)):
            _close(path)


@contextmanager
def readable() -> Iterator[None]:
    """Let others read what is built meanwhile: archives keep the modes of their files."""
    before = os.umask(READABLE)
    try:
        yield
    finally:
        os.umask(before)


def _close(path: Path) -> None:
    if path.is_symlink():
        return
    mode = path.stat().st_mode & 0o7777
    if mode & PRIVATE:
        path.chmod(mode & ~PRIVATE)
