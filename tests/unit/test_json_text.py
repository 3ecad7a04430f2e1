"""Numbers as text, JSON for others, and keys that are equal for equal values only."""

import json
from typing import Any

import pytest

from shared.json_text import compact, identity, key_text, number_text, text_json, whole_number


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (5.0, "5"),
        (-0.0, "0"),
        (-3.0, "-3"),
        (0.1, "0.1"),
        (1e15, "1000000000000000"),
        (1e16, "1e+16"),
        (1e-7, "1e-07"),
        (1.5e300, "1.5e+300"),
        (5, "5"),
        (10**30, "1" + "0" * 30),
    ],
)
def test_a_number_is_written_in_one_way(number: float, written: str) -> None:
    assert number_text(number) == written
    assert text_json(number) == written
    assert text_json([{"a": [number]}]) == f'[{{"a":[{written}]}}]'


def test_json_for_others_keeps_order_and_letters_and_may_be_indented() -> None:
    assert text_json({"b": "é", "a": [1.0, None]}) == '{"b":"é","a":[1,null]}'
    assert text_json({"b": 1.0}, indent=1) == '{\n "b": 1\n}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        text_json(float("nan"), allow_nan=False)
    with pytest.raises(TypeError):
        text_json(object())


def test_what_is_stored_keeps_its_floats() -> None:
    assert compact([5.0, 1]) == "[5.0,1]"


@pytest.mark.parametrize(
    "equal",
    [
        [1, 1.0],
        [0, -0.0, 0.0],
        [10**16, 1e16],
        [10**22, 1e22],
        [{"a": 1, "b": [2]}, {"b": [2.0], "a": 1.0}],
        [[{"a": {"x": 1, "y": 2}}], [{"a": {"y": 2.0, "x": 1}}]],
        ["e+.0"],
    ],
)
def test_equal_values_are_one_key(equal: list[Any]) -> None:
    assert len({identity(value) for value in equal}) == 1
    assert len({key_text(value) for value in equal}) == 1


def test_unequal_values_are_different_keys() -> None:
    values: list[Any] = [1, True, "1", [1], [True], ["1"], {"1": 1}, None, "null", 0, False, "", {}]

    assert len({identity(value) for value in values}) == len(values)


def test_a_key_of_a_map_is_the_string_itself() -> None:
    assert [key_text(value) for value in ("é", 2.0, True, None, ["é"])] == [
        *("é", "2", "true", "null", '["é"]')
    ]


def test_a_key_is_written_as_what_is_stored() -> None:
    value = {"a": "é", "b": [1, 0.5, None, True]}

    assert identity(value) == compact(value)
    assert json.loads(identity(value)) == value


@pytest.mark.parametrize(
    ("value", "number"), [(5, 5), (5.0, 5), (5.5, None), (True, None), ("5", None), (None, None)]
)
def test_a_whole_number_may_be_a_float(value: Any, number: int | None) -> None:
    assert whole_number(value) == number
