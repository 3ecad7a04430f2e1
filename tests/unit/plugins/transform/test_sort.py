"""Sorting, grouping and dropping repeats by a field or an expression."""

from typing import Any

import pytest

from shared.plugins.sdk.plugin import PluginError
from tests.support.plugins import run_plugin

PEOPLE = [
    {"n": "Ana", "age": 31, "team": "red", "at": {"city": "Hue"}},
    {"n": "Cy", "age": 22, "team": "blue", "at": {"city": "Hanoi"}},
    {"n": "Di", "age": 40, "team": "blue", "at": {}},
]


def sort(items: list[Any], **more: Any) -> Any:
    return run_plugin("transform.sort", {"items": items, **more})["items"]


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ({"by": "age"}, ["Cy", "Ana", "Di"]),
        ({"by": "age", "order": "desc"}, ["Di", "Ana", "Cy"]),
        ({"by": "n", "order": "desc"}, ["Di", "Cy", "Ana"]),
        ({"by": "team"}, ["Cy", "Di", "Ana"]),
        ({"by": "team", "order": "desc"}, ["Ana", "Cy", "Di"]),
        ({"by": "at.city"}, ["Cy", "Ana", "Di"]),
        ({"by": "at.city", "order": "desc"}, ["Ana", "Cy", "Di"]),
        ({"by": "item.age"}, ["Cy", "Ana", "Di"]),
        ({"by": "{{ item.age * -1 }}"}, ["Di", "Ana", "Cy"]),
        ({"by": "[item.team, item.n]"}, ["Cy", "Di", "Ana"]),
        ({"by": "nothing"}, ["Ana", "Cy", "Di"]),
    ],
)
def test_sort_by_a_field_or_an_expression(more: dict[str, Any], names: list[str]) -> None:
    assert [each["n"] for each in sort(PEOPLE, **more)] == names


@pytest.mark.parametrize(
    ("items", "more", "result"),
    [
        ([3, 1.5, 2], {}, [1.5, 2, 3]),
        (["10", "9", "b", "B"], {}, ["10", "9", "B", "b"]),
        (["10", " 9", "-1.5e1", None, 2], {"numeric": True}, ["-1.5e1", 2, " 9", "10", None]),
        ([None, 2, None, 1], {"order": "desc"}, [2, 1, None, None]),
        ([True, False], {}, [False, True]),
        ([[2, "a"], [1, "b"]], {"by": "0"}, [[1, "b"], [2, "a"]]),
        ([], {"by": "x"}, []),
        ([{"a": "b"}, {"a": {"x": 1}}], {"by": "a.x"}, [{"a": {"x": 1}}, {"a": "b"}]),
        ([[1], [1, 0]], {"by": "1"}, [[1, 0], [1]]),
    ],
)
def test_sort_compares_keys_as_what_they_are(items: Any, more: dict[str, Any], result: Any) -> None:
    assert sort(items, **more) == result


def test_an_item_with_a_field_called_item_is_read_by_it() -> None:
    orders = [{"item": {"sku": "b"}}, {"item": {"sku": "a"}}]

    assert sort(orders, by="item.sku") == orders[::-1]
    assert sort([{"item": 2}, {"item": 1}], by="item") == [{"item": 1}, {"item": 2}]


@pytest.mark.parametrize(
    ("items", "more", "message"),
    [
        ([1, "a"], {}, "the key of item 1 is a string, that of item 0 a number"),
        ([1, True], {}, "the key of item 1 is a boolean"),
        ([{"a": 1}], {}, "a map, which has no order"),
        ([[1], ["a"]], {}, "cannot be compared"),
        (["x"], {"numeric": True}, "the key of item 0 is a string that is no number"),
        ([True], {"numeric": True}, "the key of item 0 is a boolean, not a number"),
        ([1], {"order": "up"}, "order must be one of asc, desc"),
    ],
)
def test_keys_without_an_order_are_refused(items: Any, more: dict[str, Any], message: str) -> None:
    with pytest.raises(PluginError, match=message):
        sort(items, **more)


def test_group_keeps_items_and_keys_in_order_of_appearance() -> None:
    outputs = run_plugin("flow.group", {"items": PEOPLE[::-1], "by": "team"})

    assert outputs["keys"] == ["blue", "red"]
    assert [each["n"] for each in outputs["groups"]["blue"]] == ["Di", "Cy"]
    assert outputs["count"] == 2


def test_group_writes_keys_as_text() -> None:
    items = [{"k": key} for key in (1, 1.0, "1", True, None, [1])] + [{}]

    outputs = run_plugin("flow.group", {"items": items, "by": "k"})

    assert outputs["keys"] == ["1", "true", "null", "[1]"]
    assert len(outputs["groups"]["1"]) == 3


@pytest.mark.parametrize(
    ("items", "more", "kept"),
    [
        ([1, 1.0, True, "1", None, None], {}, [1, True, "1", None]),
        ([{"a": 1, "b": 2}, {"b": 2.0, "a": 1}], {}, [{"a": 1, "b": 2}]),
        ([{"n": "a", "x": 1}, {"n": "a", "x": 2}], {"by": "n"}, [{"n": "a", "x": 1}]),
        (["a", "A", "b"], {"by": "item | lower"}, ["a", "b"]),
    ],
)
def test_unique_keeps_the_first_of_each_key(items: Any, more: dict[str, Any], kept: Any) -> None:
    outputs = run_plugin("flow.unique", {"items": items, **more})

    assert [str(each) for each in outputs["items"]] == [str(each) for each in kept]
    assert (outputs["count"], outputs["removed"]) == (len(kept), len(items) - len(kept))


def test_a_value_nested_without_end_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]

    for plugin in ("flow.unique", "flow.group"):
        with pytest.raises(PluginError, match="nested too deeply"):
            run_plugin(plugin, {"items": [deep], "by": "0"})
