"""Cutting lists into chunks."""

from typing import Any

import pytest

from tests.support.plugins import run_plugin


@pytest.mark.parametrize(
    ("items", "size", "chunks"),
    [([1, 2, 3], 2, [[1, 2], [3]]), ([1, 2], 5, [[1, 2]]), ([], 1, [])],
)
def test_split(items: Any, size: int, chunks: Any) -> None:
    outputs = run_plugin("flow.split", {"items": items, "size": size})

    assert outputs == {"chunks": chunks, "count": len(chunks)}
