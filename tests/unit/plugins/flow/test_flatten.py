"""Flattening lists; and what flattening, chunking and limiting refuse."""

from typing import Any

import pytest

from shared.plugins.sdk.plugin import PluginError
from tests.support.plugins import run_plugin


@pytest.mark.parametrize(
    ("items", "more", "flat"),
    [
        ([1, [2, [3]]], {}, [1, 2, [3]]),
        ([1, [2, [3]]], {"depth": 2}, [1, 2, 3]),
        ([1, [2]], {"depth": 0}, [1, [2]]),
        ([[], [[]]], {"depth": 100}, []),
        ([{"a": [1]}], {}, [{"a": [1]}]),
    ],
)
def test_flatten(items: Any, more: dict[str, Any], flat: Any) -> None:
    outputs = run_plugin("flow.flatten", {"items": items, **more})

    assert outputs == {"items": flat, "count": len(flat)}


@pytest.mark.parametrize(
    ("plugin", "properties"),
    [
        ("flow.flatten", {"items": [1], "depth": 101}),
        ("flow.flatten", {"items": {}}),
        ("flow.split", {"items": [1], "size": 0}),
        ("flow.split", {"items": [1]}),
        ("flow.limit", {"items": [1], "limit": -1}),
        ("flow.limit", {"items": [1], "limit": 1, "offset": -1}),
    ],
)
def test_bad_properties_are_refused(plugin: str, properties: dict[str, Any]) -> None:
    with pytest.raises(PluginError):
        run_plugin(plugin, properties)
