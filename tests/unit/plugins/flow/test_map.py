"""Mapping lists, and what the expressions of all plugins see that go over lists."""

from typing import Any

import pytest

from shared.expressions import TemplateError
from shared.plugins.sdk.plugin import PluginError
from tests.support.errors import refusal
from tests.support.plugins import run_plugin, task_context

PEOPLE = [{"n": "Ana", "age": 31}, {"n": "Bo", "age": 15}, {"n": "Cy", "age": 22}]


@pytest.mark.parametrize(
    ("expression", "items"),
    [
        ("item.n", ["Ana", "Bo", "Cy"]),
        ("{{ index }}", [0, 1, 2]),
        (
            {"who": "item.n", "place": "index + 1", "fixed": 5},
            [
                {"who": "Ana", "place": 1, "fixed": 5},
                {"who": "Bo", "place": 2, "fixed": 5},
                {"who": "Cy", "place": 3, "fixed": 5},
            ],
        ),
    ],
)
def test_map_makes_new_items(expression: Any, items: list[Any]) -> None:
    outputs = run_plugin("flow.map", {"items": PEOPLE, "expression": expression})

    assert outputs == {"items": items, "count": 3}


def test_random_values_differ_by_item_and_repeat_by_run() -> None:
    properties = {"items": [1, 2], "expression": "uuid()"}

    first = run_plugin("flow.map", properties)["items"]

    assert first[0] != first[1]
    assert run_plugin("flow.map", properties)["items"] == first
    assert run_plugin("flow.map", properties, task_context(seed="other"))["items"] != first


@pytest.mark.parametrize(
    ("plugin", "properties", "place"),
    [
        ("transform.filter", {"items": [1], "condition": "item >"}, "condition"),
        ("transform.filter", {"items": [1], "condition": "nope"}, "condition"),
        ("flow.map", {"items": [1], "expression": "item.x"}, "expression"),
        ("flow.map", {"items": [1], "expression": {"a": "item.x"}}, "expression.a"),
        ("flow.reduce", {"items": [1], "expression": "acc + 1"}, "expression"),
    ],
)
def test_a_wrong_expression_is_a_template_error_with_its_place(
    plugin: str, properties: dict[str, Any], place: str
) -> None:
    with refusal(TemplateError, match=f"template error in properties.{place}: "):
        run_plugin(plugin, properties)


@pytest.mark.parametrize(
    ("plugin", "properties"),
    [
        ("transform.filter", {"items": {"a": 1}, "condition": "true"}),
        ("transform.filter", {"items": [1]}),
        ("flow.map", {"items": [1], "expression": 5}),
        ("flow.map", {"items": [1], "expression": {"a": ["item"]}}),
        ("flow.reduce", {"items": [1]}),
    ],
)
def test_bad_properties_are_refused(plugin: str, properties: dict[str, Any]) -> None:
    with pytest.raises(PluginError):
        run_plugin(plugin, properties)


@pytest.mark.parametrize("plugin", ["flow.map", "flow.reduce"])
def test_a_list_that_takes_too_long_ends_at_the_deadline(plugin: str) -> None:
    left = iter([1.0, 0.5, 0.0])
    context = task_context(remaining=lambda: next(left))

    with refusal(PluginError, match="out of time at item 2 of 5") as late:
        run_plugin(plugin, {"items": [1] * 5, "expression": "item"}, context)

    assert late.value.code == "timeout"
