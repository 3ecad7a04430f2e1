"""Grouping items by a field or an expression."""

from typing import Any

import pytest

from shared.plugins.sdk.plugin import PluginError
from tests.support.errors import refusal
from tests.support.plugins import run_plugin

PEOPLE = [
    {"n": "Ana", "age": 31, "team": "red", "at": {"city": "Hue"}},
    {"n": "Cy", "age": 22, "team": "blue", "at": {"city": "Hanoi"}},
    {"n": "Di", "age": 40, "team": "blue", "at": {}},
]


def test_group_keeps_items_and_keys_in_order_of_appearance() -> None:
    outputs = run_plugin("flow.group", {"items": PEOPLE[::-1], "by": "team"})

    assert outputs["keys"] == ["blue", "red"]
    assert [each["n"] for each in outputs["groups"]["blue"]] == ["Di", "Cy"]
    assert outputs["count"] == 2


def test_group_writes_keys_as_text() -> None:
    items = [{"k": key} for key in (1, 1.0, True, None, [1])] + [{}]

    outputs = run_plugin("flow.group", {"items": items, "by": "k"})

    assert outputs["keys"] == ["1", "true", "null", "[1]"]
    assert len(outputs["groups"]["1"]) == 2


def test_equal_keys_make_one_group() -> None:
    keys: list[Any] = [{"a": 1, "b": [2]}, {"b": [2.0], "a": 1.0}, {"a": True, "b": [2]}]

    outputs = run_plugin("flow.group", {"items": [{"k": key} for key in keys], "by": "k"})

    assert outputs["keys"] == ['{"a":1,"b":[2]}', '{"a":true,"b":[2]}']
    assert [len(group) for group in outputs["groups"].values()] == [2, 1]


def test_group_by_what_no_item_has_is_refused() -> None:
    with refusal(PluginError, match='no item has a field "taem", did you mean "team"?'):
        run_plugin("flow.group", {"items": PEOPLE, "by": "taem"})


def test_a_value_nested_without_end_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]

    for plugin in ("flow.unique", "flow.group"):
        with refusal(PluginError, match="nested too deeply"):
            run_plugin(plugin, {"items": [deep], "by": "0"})


@pytest.mark.parametrize(("one", "other"), [(1, "1"), (None, "null"), ("true", True), ("[1]", [1])])
def test_group_refuses_two_keys_that_one_name_would_hold(one: Any, other: Any) -> None:
    with refusal(PluginError, match="are two, but the name of one group"):
        run_plugin("flow.group", {"items": [{"k": one}, {"k": other}], "by": "k"})
