"""What a credential's value may be, and that no refusal quotes it."""

from typing import Any

import pytest

from shared.credentials.values import (
    MAX_VALUE_BYTES,
    CredentialType,
    checked_value,
    type_of,
    value_bytes,
    value_of,
)

SECRET = "hX7!qL2#vR9$tM4&"


@pytest.mark.parametrize(
    "value",
    ["x", SECRET, "x" * MAX_VALUE_BYTES, {"a": ""}, {f"f{n}": SECRET for n in range(50)}],
)
def test_a_text_or_a_map_of_texts_is_taken_and_read_back(value: Any):
    assert value_of(value_bytes(checked_value(value))) == value


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (8_170_264_953, "must be a text or a map of texts, not a number"),
        (None, "must be a text or a map of texts, not null"),
        ([SECRET], "must be a text or a map of texts, not a list"),
        ("", "must not be empty"),
        ({}, "must not be empty"),
        ({"a": {"b": SECRET}}, "must be a text or a map of texts, not of a map"),
        ({"a": None}, "must be a text or a map of texts, not of null"),
        ({"": SECRET}, "must have fields whose names have 1 to 128 characters"),
        ({"n" * 129: SECRET}, "must have fields whose names have 1 to 128 characters"),
        ({f"f{n}": SECRET for n in range(51)}, "must have at most 50 fields"),
        ("ö" * (MAX_VALUE_BYTES // 2) + "x", "must take at most 65536 bytes"),
        ({"a": "x" * MAX_VALUE_BYTES}, "must take at most 65536 bytes"),
    ],
)
def test_all_else_is_refused_in_a_sentence_without_any_of_it(value: Any, told: str):
    with pytest.raises(ValueError, match=f"^{told}$"):
        checked_value(value)


def test_the_value_tells_the_type():
    assert type_of(SECRET) is CredentialType.TEXT
    assert type_of({"a": SECRET}) is CredentialType.MAP
