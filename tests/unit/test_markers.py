"""What uses threads, sockets or a clock says so: `pytest -m timing` finds it on a busy machine."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
USES = re.compile(
    r"\bThreadPoolExecutor\(|\bthreading\.[A-Z]|\btime\.sleep\(|\bsleeping\(|\bLingering\(|\bstuck\(|\bserving\(|"
    r"\bsocket\.socket\(|\benable_socket\b"
)
SUITES = ("unit", "property", "infra", "integration")
FILES = sorted(path for suite in SUITES for path in (TESTS / suite).rglob("test_*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_that_uses_threads_sockets_or_a_clock_has_tests_marked_timing(path: Path) -> None:
    text = path.read_text("utf-8")

    assert path == Path(__file__) or not USES.search(text) or "pytest.mark.timing" in text
