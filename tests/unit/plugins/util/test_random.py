"""Random values of a task are the same when it is repeated, and others elsewhere."""

from typing import Any
from uuid import UUID

import pytest

from shared.plugins.sdk.plugin import PluginError
from tests.support.plugins import NOW, run_plugin, task_context


@pytest.mark.parametrize("version", [4, 7])
def test_uuids_are_valid_different_and_repeatable(version: int) -> None:
    properties = {"version": version, "count": 50}

    outputs = run_plugin("util.uuid", properties)

    ids = [UUID(each) for each in outputs["uuids"]]
    assert {each.version for each in ids} == {version}
    assert {each.variant for each in ids} == {UUID(int=1 << 63).variant}
    assert len(set(ids)) == 50
    assert outputs["uuid"] == outputs["uuids"][0]
    assert run_plugin("util.uuid", properties) == outputs
    assert run_plugin("util.uuid", properties, task_context(seed="other")) != outputs


def test_uuids_of_version_7_carry_the_time_and_are_in_order() -> None:
    ids = run_plugin("util.uuid", {"version": 7, "count": 1000})["uuids"]

    assert ids == sorted(ids)
    assert UUID(ids[0]).int >> 80 == int(NOW.timestamp() * 1000)


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
