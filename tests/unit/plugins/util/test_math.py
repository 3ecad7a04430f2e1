"""What util.math computes, and what it refuses to."""

from typing import Any

import pytest

from shared.expressions import TemplateError
from shared.plugins.sdk.plugin import PluginError
from tests.support.errors import refusal
from tests.support.plugins import run_plugin


@pytest.mark.parametrize(
    ("properties", "result"),
    [
        ({"operation": "add", "a": 1, "b": 2}, 3),
        ({"operation": "add", "a": "1", "b": " 2.5 "}, 3.5),
        ({"operation": "add", "values": [1, 2, 3]}, 6),
        ({"operation": "sub", "a": 1, "b": 2}, -1),
        ({"operation": "mul", "values": [2, 3, 4]}, 24),
        ({"operation": "div", "a": 6, "b": 3}, 2),
        ({"operation": "div", "a": 7, "b": 2}, 3.5),
        ({"operation": "mod", "a": -7, "b": 3}, 2),
        ({"operation": "pow", "a": 2, "b": 10}, 1024),
        ({"operation": "pow", "a": 2, "b": -1}, 0.5),
        ({"operation": "pow", "a": -1, "b": 10**9 + 1}, -1),
        ({"operation": "pow", "a": -1, "b": 10**9}, 1),
        ({"operation": "pow", "a": 0, "b": 10**9}, 0),
        ({"operation": "min", "values": [3, 1, 2]}, 1),
        ({"operation": "max", "a": 3, "b": 5}, 5),
        ({"operation": "avg", "values": [1, 2, 3]}, 2),
        ({"operation": "avg", "values": [1, 2]}, 1.5),
        ({"operation": "sum", "values": []}, 0),
        ({"operation": "sum", "values": [0.1] * 10}, 1.0),
        ({"operation": "round", "a": 2.5}, 3),
        ({"operation": "round", "a": -2.5}, -3),
        ({"operation": "round", "a": 2.675, "b": 2}, 2.68),
        ({"operation": "round", "a": 1250, "b": -2}, 1300),
        ({"operation": "round", "a": 2.675, "b": 2.0}, 2.68),
        ({"operation": "round", "a": 1e300}, int(1e300)),
        ({"operation": "floor", "a": -1.5}, -2),
        ({"operation": "ceil", "a": -1.5}, -1),
        ({"operation": "abs", "values": [-4]}, 4),
        ({"expression": "a * 2 + b", "a": 3, "b": 1}, 7),
        ({"expression": "{{ values[1] }}", "values": [1, 2]}, 2),
    ],
)
def test_results(properties: dict[str, Any], result: Any) -> None:
    outputs = run_plugin("util.math", properties)

    assert outputs == {"result": result}
    assert type(outputs["result"]) is type(result)


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({}, "invalid_properties"),
        ({"operation": "add", "expression": "1", "a": 1}, "invalid_properties"),
        ({"operation": "root", "a": 1}, "invalid_properties"),
        ({"operation": "add", "a": True, "b": 1}, "invalid_properties"),
        ({"operation": "add", "a": 1}, "invalid_value"),
        ({"operation": "add", "a": "one", "b": 1}, "invalid_value"),
        ({"operation": "add", "a": "9" * 5_000, "b": 1}, "invalid_value"),
        ({"operation": "add", "a": "1e999", "b": 1}, "invalid_value"),
        ({"operation": "avg", "values": []}, "invalid_value"),
        ({"operation": "abs", "a": 1, "b": 1}, "invalid_value"),
        ({"operation": "round", "values": []}, "invalid_value"),
        ({"operation": "round", "a": 1, "b": 0.5}, "invalid_value"),
        ({"operation": "round", "a": 1, "b": 99}, "invalid_value"),
        ({"operation": "div", "a": 1, "b": 0}, "division_by_zero"),
        ({"operation": "mod", "a": 1, "b": 0}, "division_by_zero"),
        ({"operation": "pow", "a": 0, "b": -1}, "division_by_zero"),
        ({"operation": "pow", "a": -8, "b": 0.5}, "invalid_value"),
        ({"operation": "pow", "a": 10, "b": 10**9}, "too_large"),
        ({"operation": "pow", "values": [10, 10, 10, 10]}, "too_large"),
        ({"operation": "pow", "a": 1.5, "b": 10**9}, "too_large"),
        ({"operation": "mul", "values": [10**300, 10**300]}, "too_large"),
        ({"operation": "mul", "values": [1e300, 1e300]}, "too_large"),
        ({"operation": "sum", "values": [1e308, 1e308]}, "too_large"),
        ({"expression": "'text'"}, "invalid_value"),
        ({"expression": "true"}, "invalid_value"),
    ],
)
def test_what_has_no_small_real_result_is_refused(properties: dict[str, Any], code: str) -> None:
    with pytest.raises(PluginError) as refused:
        run_plugin("util.math", properties)

    assert refused.value.code == code


@pytest.mark.parametrize("expression", ["a +", "nope", "a * b"])
def test_a_wrong_expression_is_a_template_error(expression: str) -> None:
    with refusal(TemplateError, match=r"template error in properties\.expression: "):
        run_plugin("util.math", {"expression": expression, "a": 1})
