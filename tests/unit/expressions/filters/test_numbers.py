"""Filters of numbers, with the arguments of Jinja2 and ours."""

from typing import Any

import pytest

from tests.support.filters import render


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("-5 | abs", 5),
        ("(-5) | abs", 5),
        ("2.567 | round(2)", 2.57),
        ("2.5 | round", 2),
        ("7 | round", 7),
        ("2.1 | round(method='ceil')", 3),
        ("2.19 | round(1, 'floor')", 2.1),
        ("'42' | int", 42),
        ("' 42.9 ' | int", 42),
        ("'x' | int(0)", 0),
        ("'1_000' | int(0)", 0),
        ("'\u0663' | int(0)", 0),
        ("'x' | int(-1)", -1),
        ("'ff' | int(base=16)", 255),
        ("3.9 | int", 3),
        ("none | int(7)", 7),
        ("true | int", 1),
        ("'inf' | int(0)", 0),
        ("'1.5' | float", 1.5),
        ("'nan' | float(0.0)", 0.0),
        ("'1_0.5' | float(0.0)", 0.0),
        ("'x' | float(2)", 2),
        ("[] | float(0.0)", 0.0),
        ("'x' | int(none)", None),
        ("2.567 | round(2.0)", 2.57),
        ("'ff' | int(base=16.0)", 255),
        ("[1, 2.5] | sum", 3.5),
        ("people | sum('age')", 89),
        ("people | sum(attribute='tags', start=[])", ["a", "b", "c"]),
        ("[] | sum", 0),
        ("1 | filesizeformat", "1 Byte"),
        ("999 | filesizeformat", "999 Bytes"),
        ("13000 | filesizeformat", "13.0 kB"),
        ("'1300000' | filesizeformat", "1.3 MB"),
        ("1536 | filesizeformat(true)", "1.5 KiB"),
        ("1e30 | filesizeformat", "1000000.0 YB"),
    ],
)
def test_number_filters(expression: str, expected: Any) -> None:
    result = render(expression)

    assert result == expected
    assert isinstance(result, type(expected)) or "round" in expression
