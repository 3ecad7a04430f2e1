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
        ("STRING", 2.5, "2.5"),
        ("INT", "+5", 5),
        ("INT", "9" * 30, int("9" * 30)),
        ("INT", 2.0**53, 2**53),
        ("FLOAT", "-.5e1", -5.0),
        ("FLOAT", 9007199254740993, 9007199254740993),
        ("FLOAT", "0.10000000000000001", 0.1),
        ("ARRAY", "\ufeff[1]", [1]),
        ("DATETIME", "2026-02-28 10:00:00.1234567Z", "2026-02-28 10:00:00.1234567Z"),
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
        ("STRING", [1], "must be a string, not a list"),
        ("STRING", {}, "must be a string, not a map"),
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
        ("ARRAY", '{"a": 1}', "must be a list, not a map"),
        ("ARRAY", "[NaN]", "is not valid JSON: NaN is not a JSON number"),
        ("ARRAY", "[Infinity]", "is not valid JSON: Infinity is not a JSON number"),
        ("ARRAY", "[1e999]", "is not valid JSON: 1e999 is too large a number"),
        ("ARRAY", "[9007199254740993.0]", "is not valid JSON: 9007199254740993.0 cannot be held"),
        ("ARRAY", '["\\ud800"]', "holds half of a surrogate pair"),
        ("ARRAY", '[{"a": 1, "a": 2}]', 'is not valid JSON: the key "a" occurs twice'),
        ("ARRAY", "[" * 101 + "]" * 101, "is nested too deeply"),
        ("ARRAY", [float("nan")], "holds what is no JSON: NaN"),
        ("JSON", {"a": float("inf")}, "holds what is no JSON: NaN, Infinity"),
        ("JSON", {"\udc00": 1}, "holds half of a surrogate pair"),
        ("STRING", "\ud800", "holds half of a surrogate pair"),
        ("STRING", float("nan"), "holds what is no JSON: NaN"),
        ("INT", "1_000", "must be an integer, not '1_000'"),
        ("INT", " 5 ", "must be an integer, not ' 5 '"),
        ("INT", "5\n", "must be an integer, not '5\n'"),
        ("INT", "\u0665", "must be an integer, not '\u0665'"),
        ("INT", "\uff15", "must be an integer, not '\uff15'"),
        ("INT", "0x10", "must be an integer, not '0x10'"),
        ("INT", "1e3", "must be an integer, not '1e3'"),
        ("INT", "9" * 5000, f"{'9' * 40}… is too large a number"),
        ("INT", 1e23, "1e+23 may have lost digits: write it without a point and an exponent"),
        ("INT", float("inf"), "must be an integer, not a number"),
        ("FLOAT", "1_0.5", "must be a number, not '1_0.5'"),
        ("FLOAT", " 1.5", "must be a number, not ' 1.5'"),
        ("FLOAT", "\u0661.\u0665", "must be a number, not"),
        ("FLOAT", "-Infinity", "must be a finite number, not a string"),
        ("FLOAT", "1e999", "1e999 is too large a number"),
        ("FLOAT", "1e-400", "1e-400 cannot be held as a number, the nearest is 0"),
        ("FLOAT", "9007199254740993", "9007199254740993 cannot be held as a number"),
        ("FLOAT", float("nan"), "holds what is no JSON: NaN, Infinity"),
        ("BOOLEAN", "True", "must be true or false, not a string"),
        ("BOOLEAN", 0, "must be true or false, not a number"),
        ("BOOLEAN", [], "must be true or false, not a list"),
        ("DATE", "20260228", "must look like 2026-01-31, not '20260228'"),
        ("DATE", "2026-W09-6", "must look like 2026-01-31, not '2026-W09-6'"),
        ("DATE", "\u0662026-02-28", "must look like 2026-01-31"),
        ("DATE", 20260228, "must look like 2026-01-31, not '20260228'"),
        ("DATE", True, "must look like 2026-01-31, not 'true'"),
        ("DATETIME", "2026-02-28_10:00:00Z", "must look like 2026-01-31T12:00:00Z"),
        ("DATETIME", "2026-02-28\ud80010:00:00Z", "must look like 2026-01-31T12:00:00Z"),
        ("DATETIME", "20260228T100000Z", "must look like 2026-01-31T12:00:00Z"),
        ("DATETIME", 1767225600, "must look like 2026-01-31T12:00:00Z"),
        ("DURATION", "1_0s", "must look like 1h30m, not '1_0s'"),
        ("DURATION", "\u0665s", "must look like 1h30m"),
        ("DURATION", True, "must look like 1h30m, not 'true'"),
        ("DURATION", float("nan"), "must look like 1h30m"),
        ("ARRAY", {"a": 1}, "must be a list, not a map"),
        ("ARRAY", "[-Infinity, 1]", "is not valid JSON: -Infinity is not a JSON number"),
        ("ARRAY", "[" * 5000 + "]" * 5000, "is nested too deeply"),
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


@pytest.mark.parametrize(
    ("value", "allowed"),
    [(True, [0, 1]), (False, [0, 1]), (1, [True]), ("1", [1]), (0, [False, ""]), ([1], [1])],
)
def test_an_enum_takes_equal_json_only(value: Any, allowed: list[Any]):
    assert refused(declared("ENUM", values=allowed), {"x": value}).startswith("must be one of")


def test_one_is_one_however_it_is_written():
    assert check_inputs(declared("ENUM", values=[0, 1]), {"x": 1.0}) == {"x": 1.0}


@pytest.mark.parametrize("value", [float("nan"), {"a": ["\ud800"]}, [{"\udfff": 1}]])
def test_what_json_cannot_hold_is_refused_undeclared_too(value: Any):
    assert refused([], {"x": value}).startswith("holds ")


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


def test_the_name_of_an_undeclared_input_tells_no_secret() -> None:
    secret = InputDefinition.model_validate({"name": "token", "type": "SECRET"})
    given = {"token": "hunter-22", "x-hunter-22": 1}

    with pytest.raises(InvalidInputsError) as caught:
        check_inputs([secret], given)

    problem = caught.value.problems[0]
    assert problem.path == "inputs"
    assert problem.message == (
        "have an undeclared name that holds a secret: names are shown, give it as a value"
    )
    assert "hunter" not in str(caught.value)
    assert check_inputs([secret], {"token": "token", "other": "hunter"})
    with pytest.raises(InvalidInputsError):
        check_inputs([], {"hunter-22": 1}, ["hunter-22"])
