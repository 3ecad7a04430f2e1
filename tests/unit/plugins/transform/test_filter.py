"""Filtering lists, and what the condition sees."""

from typing import Any

import pytest

from tests.support.plugins import run_plugin, task_context

PEOPLE = [{"n": "Ana", "age": 31}, {"n": "Bo", "age": 15}, {"n": "Cy", "age": 22}]


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("item.age >= 18", ["Ana", "Cy"]),
        ("{{ item.age >= 18 }}", ["Ana", "Cy"]),
        ("index > 0", ["Bo", "Cy"]),
        ("item.age >= inputs.least", ["Ana"]),
        ("'false'", []),
        (True, ["Ana", "Bo", "Cy"]),
        (False, []),
    ],
)
def test_filter_keeps_what_holds(condition: Any, names: list[str]) -> None:
    properties = {"items": PEOPLE, "condition": condition}

    outputs = run_plugin("transform.filter", properties, task_context(inputs={"least": 30}))

    assert [item["n"] for item in outputs["items"]] == names
    assert outputs["count"] == len(names)
