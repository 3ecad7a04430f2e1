"""What util.string does, operation by operation."""

from typing import Any

import pytest

from shared.plugins.sdk.plugin import PluginError
from tests.support.errors import refusal
from tests.support.plugins import run_plugin


@pytest.mark.parametrize(
    ("operation", "value", "more", "result"),
    [
        ("upper", "Hanoi", {}, "HANOI"),
        ("upper", 4, {}, "4"),
        ("lower", "ÀB", {}, "àb"),
        ("trim", "  a b\n", {}, "a b"),
        ("replace", "a-b-c", {"from": "-", "to": "+"}, "a+b+c"),
        ("replace", "a-b", {"from": "-"}, "ab"),
        ("split", "a,b,,c", {}, ["a", "b", "", "c"]),
        ("split", "a; b", {"separator": "; "}, ["a", "b"]),
        ("split", "añb", {"separator": ""}, ["a", "ñ", "b"]),
        ("join", ["a", 1, True, None, {"k": 1}], {}, 'a,1,true,,{"k":1}'),
        ("join", [], {"separator": "-"}, ""),
        ("substring", "headrace", {"start": 4}, "race"),
        ("substring", "headrace", {"start": 0, "end": 4}, "head"),
        ("substring", "headrace", {"start": -4, "end": -1}, "rac"),
        ("substring", "abc", {"start": 5, "end": 9}, ""),
        ("pad", 7, {"width": 3, "char": "0"}, "007"),
        ("pad", "ab", {"width": 4, "side": "right"}, "ab  "),
        ("pad", "ab", {"width": 6, "side": "both", "char": "-"}, "--ab--"),
        ("pad", "long", {"width": 2}, "long"),
        ("repeat", "ab", {"times": 3}, "ababab"),
        ("repeat", "ab", {"times": 0}, ""),
        ("repeat", "", {"times": 10**12}, ""),
        ("upper", 4.0, {}, "4"),
        ("join", [5.0, [1.0]], {}, "5,[1]"),
        ("substring", "headrace", {"start": 4.0, "end": 6.0}, "ra"),
        ("pad", "a", {"width": 5.0}, "    a"),
        ("repeat", "ab", {"times": 2.0}, "abab"),
        ("length", 5.0, {}, 1),
        ("length", "añ", {}, 2),
        ("length", [1, 2, 3], {}, 3),
        ("length", {"a": 1}, {}, 1),
        ("contains", "headrace", {"search": "dra"}, True),
        ("contains", ["a", "b"], {"search": "c"}, False),
        ("startsWith", "headrace", {"search": "head"}, True),
        ("endsWith", "headrace", {"search": "head"}, False),
        ("slugify", "  Crème Brûlée & Co. ", {}, "creme-brulee-co"),
        ("reverse", "abc", {}, "cba"),
        ("reverse", [1, 2], {}, [2, 1]),
    ],
)
def test_operations(operation: str, value: Any, more: dict[str, Any], result: Any) -> None:
    properties = {"operation": operation, "value": value, **more}

    assert run_plugin("util.string", properties) == {"result": result}


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"operation": "shout", "value": "a"}, "operation must be one of upper"),
        ({"operation": "replace", "value": "a"}, "from is required"),
        ({"operation": "pad", "value": "a"}, "width is required"),
        ({"operation": "repeat", "value": "a"}, "times is required"),
        ({"operation": "repeat", "value": "a", "times": -1}, "times must be at least 0"),
        ({"operation": "contains", "value": "a"}, "search is required"),
        ({"operation": "pad", "value": "a", "width": 3, "char": "ab"}, "char must have at most 1"),
        ({"operation": "replace", "value": "a", "from": ""}, "from must not be empty"),
        ({"operation": "join", "value": "a"}, "value must be a list for join, not a string"),
        ({"operation": "upper", "value": ["a"]}, "value must be text for upper, not a list"),
    ],
)
def test_bad_properties_are_refused_in_a_sentence(properties: dict[str, Any], message: str) -> None:
    with refusal(PluginError, match=message):
        run_plugin("util.string", properties)


@pytest.mark.parametrize(
    "properties",
    [
        {"operation": "repeat", "value": "ab", "times": 10**12},
        {"operation": "pad", "value": "ab", "width": 10**12},
        {"operation": "replace", "value": "a" * 10_000, "from": "a", "to": "b" * 10_000},
        {"operation": "join", "value": ["a"] * 10_000, "separator": "b" * 10_000},
    ],
)
def test_text_that_would_explode_is_refused_before_it_is_made(properties: dict[str, Any]) -> None:
    with pytest.raises(PluginError) as refused:
        run_plugin("util.string", properties)

    assert refused.value.code == "too_large"


def test_a_slug_of_many_accents_costs_no_sorting_of_them() -> None:
    outputs = run_plugin(
        "util.string", {"operation": "slugify", "value": "É " + "\u0300\u0316" * 500_000 + "b"}
    )

    assert outputs == {"result": "e-b"}
