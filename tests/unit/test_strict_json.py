"""Strict JSON: what would be read otherwise than it is written is refused, with the reason."""

import json

import pytest

from shared.messages import InvalidValueError
from shared.strict_json import decimal_number, parse, text_of, whole_number

INVALID, CANNOT = "is not valid JSON: ", "cannot be held as a number, the nearest is"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[NaN]", "is not valid JSON: NaN is not a JSON number"),
        ("[-Infinity]", "is not valid JSON: -Infinity is not a JSON number"),
        ("1e999", "is not valid JSON: 1e999 is too large a number"),
        ("-1e309", "is not valid JSON: -1e309 is too large a number"),
        ("9" * 309, f"is not valid JSON: {'9' * 40}… is too large a number"),
        ("9" * 5000, f"is not valid JSON: {'9' * 40}… is too large a number"),
        (
            "9007199254740993.0",
            f"{INVALID}9007199254740993.0 {CANNOT} 9007199254740992",
        ),
        (
            "0.12345678901234567890",
            f"{INVALID}0.12345678901234567890 {CANNOT} 0.12345678901234568",
        ),
        ("1e-400", "is not valid JSON: 1e-400 cannot be held as a number, the nearest is 0"),
        ("3e-324", "is not valid JSON: 3e-324 cannot be held as a number, the nearest is 5e-324"),
        ('{"a": 1, "b": 2, "a": 1}', 'is not valid JSON: the key "a" occurs twice in one object'),
        (
            '[{"x": {"\\ud800": 1, "\\ud800": 2}}]',
            'is not valid JSON: the key "?" occurs twice in one object',
        ),
        ('"\\ud800"', "holds half of a surrogate pair"),
        ('{"\\udc00": 1}', "holds half of a surrogate pair"),
        ("[" * 101 + "]" * 101, "is nested too deeply"),
        ("[" * 100_000, "is nested too deeply"),
    ],
)
def test_what_would_be_read_otherwise_is_refused(text: str, why: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        parse(text)

    assert caught.value.message.unmasked() == why


@pytest.mark.parametrize("text", ["", "no", "[1,]", "1_000", "01", "+1", "\u0661", "'a'", "[1] 2"])
def test_what_is_no_json_is_a_syntax_error(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", 0.1),
        ("0.10000000000000001", 0.1),
        ("0.1000000000000000055511151231257827021181583404541015625", 0.1),
        ("0.30000000000000004", 0.1 + 0.2),
        ("2.50000000000000000000000", 2.5),
        ("1E2", 100.0),
        ("5e-324", 5e-324),
        ("1.7976931348623157e308", 1.7976931348623157e308),
        ("9007199254740992.0", 2.0**53),
        ("0.0e-999", 0.0),
        ("9007199254740993", 9007199254740993),
        ("9" * 308, int("9" * 308)),
        ("[" * 100 + "]" * 100, None),
        ('"\\ud83c\\udf0a"', "🌊"),
    ],
)
def test_what_is_kept_is_read(text: str, value: object) -> None:
    assert parse(text) == value or value is None


def test_a_number_as_text_is_read_by_the_same_rules() -> None:
    assert (whole_number("-007"), decimal_number(".5")) == (-7, 0.5)
    with pytest.raises(InvalidValueError):
        whole_number("1" * 309)


@pytest.mark.parametrize(
    "value", [float("nan"), [float("inf")], {"a": "\ud800"}, {"\udc00": 1}, {1, 2}, object()]
)
def test_what_json_cannot_hold_has_no_text(value: object) -> None:
    with pytest.raises(InvalidValueError):
        text_of(value)


def test_what_is_nested_without_end_has_no_text() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]

    with pytest.raises(InvalidValueError, match="nested"):
        text_of(value)
