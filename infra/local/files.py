"""Files of a home that are there whole or not at all, and that only its owner can read."""

import os
from pathlib import Path

PRIVATE = 0o600


def replace(file: Path, text: str) -> None:
    """Put a file in the place of a former one."""
    unfinished = file.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as written:
        written.write(text)
    unfinished.replace(file)
