"""Taking a part of a list."""

from typing import Any

import pytest

from tests.support.plugins import run_plugin


@pytest.mark.parametrize(
    ("more", "items"),
    [
        ({"limit": 2}, [1, 2]),
        ({"limit": 2, "offset": 2}, [3]),
        ({"limit": 0}, []),
        ({"limit": 9, "offset": 9}, []),
    ],
)
def test_limit(more: dict[str, Any], items: Any) -> None:
    outputs = run_plugin("flow.limit", {"items": [1, 2, 3], **more})

    assert outputs == {"items": items, "count": len(items)}
