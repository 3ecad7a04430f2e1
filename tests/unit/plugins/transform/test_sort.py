"""Sorting by a field or an expression."""

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


@pytest.mark.parametrize(
    "name",
    [
        "First Name",
        "unit.price",
        "@type",
        "$",
        "2024",
        "\u540d\u524d",
        "E-Mail",
        "a.b c.d",
        "Price (EUR)",
        "index",
        "line item",
        "key",
    ],
)
def test_sort_by_a_field_of_any_name(name: str) -> None:
    items: list[Any] = [{name: 2, "index.x": 0}, {name: 1, "index.x": 1}, {"index.x": 2}]

    assert sort(items, by=name) == [items[1], items[0], items[2]]


def test_item_and_index_alone_are_what_they_say() -> None:
    assert sort([3, 1, 2], by="item") == [1, 2, 3]
    assert sort([3, 1, 2], by="index", order="desc") == [2, 1, 3]


def test_the_whole_name_counts_before_the_path() -> None:
    items = [{"a.b": 2, "a": {"b": 1}}, {"a.b": 1, "a": {"b": 2}}]

    assert sort(items, by="a.b") == items[::-1]
    assert sort(items, by="item.a.b") == items[::-1]


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
        (PEOPLE, {"by": "nothing"}, 'no item has a field "nothing"; one that is there is "age"'),
        (PEOPLE, {"by": "item.agee"}, 'no item has a field "agee", did you mean "age"'),
        (PEOPLE, {"by": "First Name"}, 'no item has a field "First Name"'),
        (PEOPLE, {"by": "at.town"}, 'no item has a field "at.town"'),
        ([3, 1], {"by": "n"}, 'no item has a field "n": item 0 is a number, not a map'),
        ([3, 1], {"by": "\u0663"}, "no item has a field"),
    ],
)
def test_keys_without_an_order_are_refused(items: Any, more: dict[str, Any], message: str) -> None:
    with refusal(PluginError, match=message):
        sort(items, **more)
