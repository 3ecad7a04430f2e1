"""Names, values and sums: what a key may be called and hold, what a number comes to."""

from datetime import timedelta
from typing import Any

import pytest

from shared.kv.models import (
    MAX_VALUE_BYTES,
    StoredKey,
    is_key,
    is_namespace,
    read_ttl,
    sum_of,
    value_text,
)
from shared.messages import InvalidValueError
from tests.support.keys import NOW


@pytest.mark.parametrize("key", ["a", "A1._-", "9", "k" * 250])
def test_what_may_be_a_key(key: str) -> None:
    assert is_key(key)


@pytest.mark.parametrize("key", ["", ".a", "-a", "a b", "a/b", "a#b", "ü", "a\n", "k" * 251])
def test_what_can_be_no_key(key: str) -> None:
    assert not is_key(key)


@pytest.mark.parametrize("name", ["", "A", "a#b", "a\n", "n" * 151])
def test_what_can_be_no_namespace(name: str) -> None:
    assert not is_namespace(name)
    assert is_namespace("n" * 150)


@pytest.mark.parametrize(
    ("value", "by", "expected"),
    [
        (1, 1, 2),
        (0.1, 0.2, 0.3),
        (1.5, 1.5, 3),
        (5.0, 1, 6),
        (-0.5, 0.5, 0),
        (10**300, 1, 10**300 + 1),
        (1e300, 1, 10**300 + 1),
        (2**53, 1, 2**53 + 1),
        (1e-7, 2e-7, 3e-7),
    ],
)
def test_a_sum_is_exact(value: Any, by: Any, expected: Any) -> None:
    total = sum_of(value, by)

    assert total == expected
    assert type(total) is type(expected)


@pytest.mark.parametrize("value", [None, "1", True, [1], {"n": 1}])
def test_only_numbers_are_added_to(value: Any) -> None:
    with pytest.raises(InvalidValueError, match="not a number"):
        sum_of(value, 1)


@pytest.mark.parametrize(("value", "by"), [(1e16, 0.1), (1.0, 1e-300), (10**307 * 9, 10**308)])
def test_what_no_number_holds_is_refused(value: Any, by: Any) -> None:
    with pytest.raises(InvalidValueError):
        sum_of(value, by)


def test_a_value_has_a_limit_in_bytes() -> None:
    most = "ü" * ((MAX_VALUE_BYTES - 2) // 2)

    assert len(value_text(most).encode()) == MAX_VALUE_BYTES
    with pytest.raises(InvalidValueError) as caught:
        value_text(most + "a")
    assert caught.value.message.unmasked() == "takes 262145 bytes as JSON, 262144 at most"


@pytest.mark.parametrize("value", [float("nan"), "\ud800", {1, 2}])
def test_what_is_no_json_is_no_value(value: Any) -> None:
    with pytest.raises(InvalidValueError):
        value_text(value)


def test_a_key_lives_until_its_last_moment() -> None:
    end = NOW + timedelta(seconds=1)
    stored = StoredKey(namespace="n", key="k", version=1, updated_at=NOW, expires_at=end, text="1")

    assert stored.lives(end - timedelta(milliseconds=1))
    assert not stored.lives(end)
    assert not stored.model_copy(update={"expires_at": None, "is_deleted": True}).lives(NOW)


def test_how_long_a_key_lives_is_more_than_nothing() -> None:
    assert read_ttl("1h30m") == timedelta(minutes=90)
    wrong_ones: list[Any] = [0, "0s", "0.1ms", "soon", -1, True, [1], {}]
    for wrong in wrong_ones:
        with pytest.raises(InvalidValueError):
            read_ttl(wrong)
