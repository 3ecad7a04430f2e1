"""Dropping repeats by a field or an expression."""

from typing import Any

import pytest

from tests.support.plugins import run_plugin


@pytest.mark.parametrize(
    ("items", "more", "kept"),
    [
        ([1, 1.0, True, "1", None, None], {}, [1, True, "1", None]),
        ([{"a": 1, "b": 2}, {"b": 2.0, "a": 1}], {}, [{"a": 1, "b": 2}]),
        ([{"n": "a", "x": 1}, {"n": "a", "x": 2}], {"by": "n"}, [{"n": "a", "x": 1}]),
        (["a", "A", "b"], {"by": "item | lower"}, ["a", "b"]),
        ([3, 1, 3, 2], {"by": "item"}, [3, 1, 2]),
        (["a", "a"], {"by": "index"}, ["a", "a"]),
        (
            [{"unit.price": "5"}, {"unit.price": "7"}],
            {"by": "unit.price"},
            [{"unit.price": "5"}, {"unit.price": "7"}],
        ),
        ([{"k": [1, {"a": 1}]}, {"k": [1.0, {"a": 1.0}]}], {"by": "k"}, [{"k": [1, {"a": 1}]}]),
    ],
)
def test_unique_keeps_the_first_of_each_key(items: Any, more: dict[str, Any], kept: Any) -> None:
    outputs = run_plugin("flow.unique", {"items": items, **more})

    assert [str(each) for each in outputs["items"]] == [str(each) for each in kept]
    assert (outputs["count"], outputs["removed"]) == (len(kept), len(items) - len(kept))
