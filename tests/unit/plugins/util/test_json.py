"""JSON text, and reading and writing inside values."""

from typing import Any

import pytest

from shared.plugins.sdk.plugin import PluginError
from tests.support.errors import refusal
from tests.support.plugins import run_plugin

VALUE = {"a": {"b": [1, {"c": 2}]}, "x.y": 3, "s/t~": 4, "": 5}


@pytest.mark.parametrize(
    ("properties", "result"),
    [
        ({"operation": "parse", "data": '{"a": [1, null]}'}, {"a": [1, None]}),
        ({"operation": "stringify", "data": {"a": [1, None, "é"]}}, '{"a":[1,null,"é"]}'),
        ({"operation": "get", "data": VALUE, "path": "a.b.1.c"}, 2),
        ({"operation": "get", "data": VALUE, "path": "/a/b/0"}, 1),
        ({"operation": "get", "data": VALUE, "path": "/x.y"}, 3),
        ({"operation": "get", "data": VALUE, "path": "/s~1t~0"}, 4),
        ({"operation": "get", "data": VALUE, "path": "/"}, 5),
        ({"operation": "get", "data": VALUE, "path": "x.y"}, 3),
        ({"operation": "get", "data": {"a": {"b.c/d": 1}}, "path": "a.b.c/d"}, 1),
        ({"operation": "get", "data": {"2024": 1}, "path": "2024"}, 1),
        ({"operation": "set", "data": {"x.y": 1}, "path": "x.y", "value": 2}, {"x.y": 2}),
        (
            {"operation": "set", "data": {"a": {"b.c": 1}}, "path": "a.b.c", "value": 2},
            {"a": {"b.c": 2}},
        ),
        ({"operation": "stringify", "data": [5.0, {"a": 1.50}]}, '[5,{"a":1.5}]'),
        ({"operation": "get", "data": VALUE, "path": ""}, VALUE),
        ({"operation": "get", "data": VALUE, "path": "a.none.c"}, None),
        ({"operation": "get", "data": VALUE, "path": "a.b.9"}, None),
        ({"operation": "get", "data": VALUE, "path": "a.b.x"}, None),
        ({"operation": "get", "data": 5, "path": "a"}, None),
        (
            {"operation": "set", "data": {"a": 1}, "path": "b.c", "value": 2},
            {"a": 1, "b": {"c": 2}},
        ),
        ({"operation": "set", "data": {"a": [1, 2]}, "path": "a.0", "value": 9}, {"a": [9, 2]}),
        ({"operation": "set", "data": [1], "path": "/-", "value": 2}, [1, 2]),
        ({"operation": "set", "data": [1], "path": "1", "value": 2}, [1, 2]),
        ({"operation": "set", "data": [], "path": "/-/a", "value": 2}, [{"a": 2}]),
        ({"operation": "set", "data": {"a": None}, "path": "a.b", "value": 2}, {"a": {"b": 2}}),
        ({"operation": "set", "data": 1, "path": "", "value": 2}, 2),
        (
            {"operation": "merge", "data": {"a": {"b": 1}}, "value": {"a": {"c": 2}}},
            {"a": {"b": 1, "c": 2}},
        ),
        ({"operation": "merge", "data": {"a": 1}, "value": None}, None),
    ],
)
def test_operations(properties: dict[str, Any], result: Any) -> None:
    assert run_plugin("util.json", properties) == {"result": result}


def test_setting_leaves_the_value_as_it_was() -> None:
    value = {"a": {"b": [1]}}

    run_plugin("util.json", {"operation": "set", "data": value, "path": "a.b.0", "value": 2})

    assert value == {"a": {"b": [1]}}


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"operation": "parse", "data": {}}, "data must be text to be parsed, not a map"),
        ({"operation": "parse", "data": "{a: 1}"}, "data is no JSON"),
        ({"operation": "parse", "data": "[NaN]"}, "NaN is no JSON"),
        ({"operation": "parse", "data": "[" * 100_000}, "nested too deeply"),
        ({"operation": "get", "data": {}}, "path is required"),
        ({"operation": "get", "data": {}, "path": "a." * 200}, "path has more than 32 steps"),
        ({"operation": "set", "data": {}, "path": "a"}, "value is required"),
        ({"operation": "set", "data": [1], "path": "5", "value": 1}, "a list of 1 items has no"),
        ({"operation": "set", "data": [1], "path": "x", "value": 1}, "has no place"),
        (
            {"operation": "set", "data": "text", "path": "x", "value": 1},
            "cannot be set in a string",
        ),
        ({"operation": "merge", "data": {}}, "value is required"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(properties: dict[str, Any], message: str) -> None:
    with refusal(PluginError, match=message):
        run_plugin("util.json", properties)
