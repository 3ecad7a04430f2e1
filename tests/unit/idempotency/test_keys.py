"""Fingerprints of payloads: sealed where they are stored, those of earlier releases still known."""

import hashlib
import json
from typing import Any

import pytest

from shared.errors import IdempotencyKeyReusedError
from shared.idempotency.keys import check_fingerprint, fingerprint, sealed

PAYLOAD = {"inputs": {"pin": "1234"}}


def test_a_sealed_fingerprint_is_known_again_and_any_other_is_not():
    known = sealed(fingerprint(PAYLOAD))

    check_fingerprint(fingerprint({"inputs": {"pin": "1234"}}), known=known)
    with pytest.raises(IdempotencyKeyReusedError):
        check_fingerprint(fingerprint({"inputs": {"pin": "1235"}}), known=known)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3.0, "c": 2}, "a": 1.0}, True),
        ({"a": [1.0]}, {"a": [1]}, True),
        ({}, None, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1}, {"a": "1"}, False),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
    ],
)
def test_equal_payloads_have_one_fingerprint(one: Any, other: Any, *, is_same: bool):
    assert (fingerprint(one) == fingerprint(other)) is is_same


def test_a_payload_has_the_fingerprint_that_earlier_releases_gave_it():
    payload = {"inputs": {"b": "\u00e9", "a": [1, 0.5, None]}}
    written = json.dumps(payload, sort_keys=True).encode()

    assert fingerprint(payload) == hashlib.sha256(written).hexdigest()


def test_records_do_not_tell_that_payloads_are_equal():
    first, second = sealed(fingerprint(PAYLOAD)), sealed(fingerprint(PAYLOAD))

    assert first != second
    assert fingerprint(PAYLOAD) not in first + second


def test_a_bare_fingerprint_of_an_earlier_release_is_known_again():
    check_fingerprint(fingerprint(PAYLOAD), known=fingerprint(PAYLOAD))
    with pytest.raises(IdempotencyKeyReusedError):
        check_fingerprint(fingerprint(None), known=fingerprint(PAYLOAD))
