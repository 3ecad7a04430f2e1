"""Merging lists and maps; and what merging and looking up refuse."""

from typing import Any

import pytest

from shared.plugins.sdk.plugin import PluginError
from tests.support.errors import refusal
from tests.support.plugins import run_plugin

KEYS = {"itemKey": "by.user", "tableKey": "uid"}


@pytest.mark.parametrize(
    ("properties", "outputs"),
    [
        ({"sources": [[1], [], [2, 1]]}, {"items": [1, 2, 1]}),
        (
            {
                "sources": [[{"k": 1, "a": 1}, {"a": 0}], [{"k": 2}, {"k": 1.0, "b": 2}, {"b": 0}]],
                "mode": "byKey",
                "key": "k",
            },
            {"items": [{"k": 1.0, "a": 1, "b": 2}, {"a": 0}, {"k": 2}, {"b": 0}]},
        ),
        (
            {
                "sources": [
                    [{"p.k": {"a": 1, "b": 2}, "x": 1}],
                    [{"p.k": {"b": 2.0, "a": 1}, "y": 2}],
                ],
                "mode": "byKey",
                "key": "p.k",
            },
            {"items": [{"p.k": {"a": 1, "b": 2}, "x": 1, "y": 2}]},
        ),
        (
            {
                "sources": [{"a": {"x": 1, "y": [1]}, "b": 1}, {"a": {"y": [2], "z": None}}, {}],
                "mode": "deep",
            },
            {"result": {"a": {"x": 1, "y": [2], "z": None}, "b": 1}},
        ),
    ],
)
def test_merge(properties: dict[str, Any], outputs: Any) -> None:
    assert run_plugin("flow.merge", properties) == outputs


@pytest.mark.parametrize(
    ("plugin", "properties", "message"),
    [
        ("flow.merge", {"sources": []}, "sources must have at least 1"),
        ("flow.merge", {"sources": [[1], {}]}, r"sources\[1\] is a map, not a list"),
        (
            "flow.merge",
            {"sources": [{}, 1], "mode": "deep"},
            r"sources\[1\] is a number, not a map",
        ),
        ("flow.merge", {"sources": [[1]], "mode": "byKey"}, "key is required"),
        ("flow.merge", {"sources": [[1]], "mode": "byKey", "key": "k"}, "item 0 is a number"),
        (
            "flow.merge",
            {"sources": [[{"id": 1}], [{"id": 2}]], "mode": "byKey", "key": "ID"},
            'no item has a field "ID"',
        ),
        ("flow.lookup", {"items": [1], "table": [], **KEYS}, "item 0 is a number, not a map"),
        ("flow.lookup", {"items": [], "table": []}, "itemKey is required"),
    ],
)
def test_bad_properties_are_refused(plugin: str, properties: dict[str, Any], message: str) -> None:
    with refusal(PluginError, match=message):
        run_plugin(plugin, properties)


def test_maps_nested_without_end_are_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5_000):
        deep = {"a": deep}

    with refusal(PluginError, match="nested too deeply"):
        run_plugin("flow.merge", {"sources": [deep, deep], "mode": "deep"})
