"""Inputs of an execution: required, coerced when nothing is lost, bounded."""

from typing import Any

import pytest

from shared.errors import InvalidInputsError
from shared.executions.inputs import MAX_INPUT_BYTES, MAX_SECRET_BYTES, check_inputs
from shared.flows.language.definition import InputDefinition


def declared(kind: str, **fields: Any) -> list[InputDefinition]:
    return [InputDefinition.model_validate({"name": "x", "type": kind, **fields})]


def refused(definitions: list[InputDefinition], given: dict[str, Any]) -> str:
    with pytest.raises(InvalidInputsError) as caught:
        check_inputs(definitions, given)
    assert [problem.path for problem in caught.value.problems] == ["inputs.x"]
    return caught.value.problems[0].message


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("STRING", "a", "a"),
        ("STRING", 5, "5"),
        ("STRING", 5.0, "5"),
        ("STRING", 0.5, "0.5"),
        ("STRING", True, "true"),
        ("INT", 5, 5),
        ("INT", "5", 5),
        ("INT", "-5", -5),
        ("INT", 5.0, 5),
        ("FLOAT", 5, 5),
        ("FLOAT", "2.5", 2.5),
        ("BOOLEAN", "true", True),
        ("BOOLEAN", False, False),
        ("DATE", "2026-02-28", "2026-02-28"),
        ("DATETIME", "2026-02-28T10:00:00+01:00", "2026-02-28T10:00:00+01:00"),
        ("DURATION", "1h30m", "1h30m"),
        ("DURATION", 90, 90),
        ("JSON", {"a": [None]}, {"a": [None]}),
        ("ARRAY", [1, "2"], [1, "2"]),
        ("ARRAY", "[1, 2]", [1, 2]),
    ],
)
def test_a_value_is_coerced_when_nothing_is_lost(kind: str, given: Any, expected: Any):
    accepted = check_inputs(declared(kind), {"x": given})

    assert accepted == {"x": expected}
    assert type(accepted["x"]) is type(expected)


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        ("STRING", [1], "must be a string, not a list or map"),
        ("INT", 5.5, "must be an integer, not a number"),
        ("INT", "five", "must be an integer, not 'five'"),
        ("INT", True, "must be an integer, not a boolean"),
        ("INT", None, "must be an integer, not null"),
        ("FLOAT", "nan", "must be a finite number, not a string"),
        ("FLOAT", "x", "must be a number, not 'x'"),
        ("FLOAT", False, "must be a finite number, not a boolean"),
        ("BOOLEAN", "yes", "must be true or false, not a string"),
        ("BOOLEAN", 1, "must be true or false, not a number"),
        ("DATE", "2026-02-30", "must look like 2026-01-31, not '2026-02-30'"),
        ("DATETIME", "2026-02-28T10:00:00", "must look like 2026-01-31T12:00:00Z"),
        ("DURATION", "soon", "must look like 1h30m, not 'soon'"),
        ("ARRAY", "no", "must be a list, not a string"),
        ("ARRAY", {"a": 1}, "must be a list, not a list or map"),
        ("ARRAY", "[NaN]", "must be a list, not a string"),
        ("ARRAY", "[-Infinity, 1]", "must be a list, not a string"),
        ("ARRAY", "[1e999]", "must be a list, not a string"),
        ("ARRAY", r'["\ud800"]', "must be a list, not a string"),
        ("ARRAY", "[" * 101 + "]" * 101, "must be a list, not a string"),
        ("ARRAY", "[" * 5000 + "]" * 5000, "must be a list, not a string"),
    ],
)
def test_a_value_of_another_type_is_refused(kind: str, given: Any, message: str):
    assert refused(declared(kind), {"x": given}).startswith(message)


def test_a_missing_input_is_refused_by_name():
    assert refused(declared("STRING"), {}) == "is required"


@pytest.mark.parametrize("default", [7, None])
def test_a_default_makes_an_input_optional(default: Any):
    assert check_inputs(declared("INT", hasDefault=True, default=default), {}) == {"x": default}


def test_an_optional_input_may_be_left_out_or_null():
    optional = declared("INT", required=False)

    assert check_inputs(optional, {}) == {}
    assert check_inputs(optional, {"x": None}) == {"x": None}


def test_undeclared_inputs_are_kept():
    assert check_inputs([], {"extra": [1]}) == {"extra": [1]}


@pytest.mark.parametrize(
    ("kind", "bounds", "good", "bad", "message"),
    [
        ("INT", {"min": 1, "max": 9}, 9, 10, "must be at most 9"),
        ("INT", {"min": 1, "max": 9}, 1, 0, "must be at least 1"),
        ("STRING", {"min": 2}, "ab", "a", "must have a length of at least 2"),
        ("ARRAY", {"max": 1}, [1], [1, 2], "must have a number of items of at most 1"),
        ("DATE", {"min": "2026-01-02"}, "2026-01-02", "2026-01-01", "must be at least 2026-01-02"),
        ("DURATION", {"max": "1m"}, "60s", "2m", "must be at most 1m"),
        ("STRING", {"pattern": "[a-z]+"}, "abc", "abc1", "must match [a-z]+"),
        ("ENUM", {"values": ["a", 2]}, 2, "2", 'must be one of "a", 2'),
        ("STRING", {"values": ["a", "b"]}, "b", "c", 'must be one of "a", "b"'),
    ],
)
def test_a_bound_is_kept(kind: str, bounds: dict[str, Any], good: Any, bad: Any, message: str):
    assert check_inputs(declared(kind, **bounds), {"x": good}) == {"x": good}
    assert refused(declared(kind, **bounds), {"x": bad}) == message


def test_a_pattern_cannot_backtrack():
    evil = declared("STRING", pattern="(a+)+b")

    assert refused(evil, {"x": "a" * 50_000}) == "must match (a+)+b"


def test_every_wrong_input_is_named_at_once():
    definitions = [
        InputDefinition(name="a", type="INT"),
        InputDefinition(name="b", type="DATE"),
    ]

    with pytest.raises(InvalidInputsError) as caught:
        check_inputs(definitions, {"b": "x"})

    assert [problem.path for problem in caught.value.problems] == ["inputs.a", "inputs.b"]


def test_inputs_are_bounded_together():
    with pytest.raises(InvalidInputsError, match="bytes together"):
        check_inputs([], {"a": "é" * (MAX_INPUT_BYTES // 2 + 1)})


def test_a_secret_is_bounded_for_all_that_is_yielded_is_searched_for_it():
    longest = "é" * (MAX_SECRET_BYTES // 2)

    assert check_inputs(declared("SECRET"), {"x": longest}) == {"x": longest}
    assert refused(declared("SECRET"), {"x": longest + "a"}) == (
        "is a secret of more than 8192 bytes"
    )
    assert refused(declared("SECRET", default=longest + "a", has_default=True), {}) == (
        "is a secret of more than 8192 bytes"
    )
    assert check_inputs(declared("STRING"), {"x": longest + "a"}) == {"x": longest + "a"}
