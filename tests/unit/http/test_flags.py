"""Flags in a query: true, false, and nothing that looks like them."""

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.http.flags import Flag

FLAG = TypeAdapter(Flag)


def test_a_flag_is_true_or_false() -> None:
    assert [FLAG.validate_python(value) for value in ("true", "false", True)] == [True, False, True]


@pytest.mark.parametrize(
    "value",
    ["1", "0", "yes", "on", "t", "True", "TRUE", " true", "", "null", 1, ["true", "true"], None],
)
def test_what_looks_like_a_flag_is_none(value: object) -> None:
    with pytest.raises(ValidationError, match="must be true or false"):
        FLAG.validate_python(value)


def test_it_is_described_as_a_boolean() -> None:
    assert FLAG.json_schema() == {"type": "boolean"}
