"""Picking fields of maps."""

from typing import Any

import pytest

from shared.plugins.sdk.plugin import PluginError
from tests.support.errors import refusal
from tests.support.plugins import run_plugin

PERSON = {"n": "Ana", "age": 31, "team": "red"}


@pytest.mark.parametrize(
    ("properties", "result"),
    [
        ({"data": PERSON}, PERSON),
        ({"data": PERSON, "keep": ["team", "n", "none"]}, {"n": "Ana", "team": "red"}),
        ({"data": PERSON, "drop": ["age"]}, {"n": "Ana", "team": "red"}),
        ({"data": PERSON, "keep": ["n", "age"], "drop": ["age"]}, {"n": "Ana"}),
        ({"data": PERSON, "keep": ["n"], "rename": {"n": "name", "x": "y"}}, {"name": "Ana"}),
        ({"data": {"a": 1, "b": 2}, "rename": {"a": "b", "b": "a"}}, {"b": 1, "a": 2}),
        ({"data": [PERSON, {}], "keep": ["n"]}, [{"n": "Ana"}, {}]),
        ({"data": PERSON, "keep": []}, {}),
    ],
)
def test_pick(properties: dict[str, Any], result: Any) -> None:
    assert run_plugin("transform.pick", properties) == {"result": result}


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"data": "text"}, "data must be a map or a list"),
        ({"data": [1]}, "item 0 is a number, not a map"),
        ({"data": PERSON, "rename": {"n": "age"}}, "the same name"),
        ({"data": PERSON, "rename": {"n": 1}}, "rename.n must be a string"),
        ({"data": PERSON, "keep": "n"}, "keep must be a list"),
    ],
)
def test_bad_picks_are_refused(properties: dict[str, Any], message: str) -> None:
    with refusal(PluginError, match=message):
        run_plugin("transform.pick", properties)
