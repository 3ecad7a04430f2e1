"""Folding lists."""

from typing import Any

import pytest

from shared.expressions import TemplateError
from tests.support.plugins import run_plugin


@pytest.mark.parametrize(
    ("properties", "result"),
    [
        ({"items": [1, 2, 3], "expression": "acc + item", "initial": 10}, 16),
        ({"items": ["a", "b"], "expression": "(acc or '') ~ item ~ index"}, "a0b1"),
        ({"items": [], "expression": "acc"}, None),
        ({"items": [], "expression": "acc", "initial": {"a": 1}}, {"a": 1}),
    ],
)
def test_reduce_folds(properties: dict[str, Any], result: Any) -> None:
    assert run_plugin("flow.reduce", properties) == {"result": result}


def test_results_that_double_are_stopped() -> None:
    with pytest.raises(TemplateError):
        run_plugin("flow.reduce", {"items": [0] * 64, "expression": "[acc, acc]", "initial": "x"})
