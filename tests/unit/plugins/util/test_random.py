"""Random values of a task are the same when it is repeated, and others elsewhere."""

from typing import Any

import pytest

from shared.plugins.sdk.plugin import PluginError
from tests.support.plugins import run_plugin, task_context


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"kind": "int", "min": 5, "max": 5},
        {"kind": "int", "min": -3.0, "max": 3},
        {"kind": "float", "min": -1, "max": 1},
        {"kind": "float", "min": 0.5, "max": 0.5},
    ],
)
def test_numbers_stay_in_their_bounds(properties: dict[str, Any]) -> None:
    for seed in map(str, range(50)):
        drawn = run_plugin("util.random", properties, task_context(seed=seed))["result"]

        assert properties.get("min", 0) <= drawn <= properties.get("max", 100)
        assert isinstance(drawn, float if properties.get("kind") == "float" else int)


def test_every_number_may_be_drawn_the_largest_too() -> None:
    drawn = {
        run_plugin("util.random", {"max": 3}, task_context(seed=str(seed)))["result"]
        for seed in range(100)
    }

    assert drawn == {0, 1, 2, 3}


def test_texts_and_items() -> None:
    text = run_plugin("util.random", {"kind": "string", "length": 40, "charset": "ab"})["result"]
    plain = run_plugin("util.random", {"kind": "string"})["result"]
    item = run_plugin("util.random", {"kind": "choice", "items": [{"a": 1}]})["result"]

    assert (len(text), set(text)) == (40, {"a", "b"})
    assert len(plain) == 16
    assert plain.isalnum()
    assert item == {"a": 1}


def test_the_same_task_draws_the_same_again() -> None:
    first = run_plugin("util.random", {"kind": "string"})

    assert run_plugin("util.random", {"kind": "string"}) == first
    assert run_plugin("util.random", {"kind": "string"}, task_context(seed="x")) != first


@pytest.mark.parametrize(
    ("plugin", "properties"),
    [
        ("util.uuid", {"version": 1}),
        ("util.uuid", {"count": 0}),
        ("util.uuid", {"count": 1001}),
        ("util.random", {"kind": "dice"}),
        ("util.random", {"min": 5, "max": 4}),
        ("util.random", {"min": 0.5}),
        ("util.random", {"kind": "float", "max": 10**301}),
        ("util.random", {"kind": "string", "length": 10**9}),
        ("util.random", {"kind": "string", "charset": ""}),
        ("util.random", {"kind": "choice"}),
        ("util.random", {"kind": "choice", "items": []}),
    ],
)
def test_bad_properties_are_refused(plugin: str, properties: dict[str, Any]) -> None:
    with pytest.raises(PluginError):
        run_plugin(plugin, properties)
