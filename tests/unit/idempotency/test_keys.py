"""Fingerprints of payloads: sealed where they are stored, those of earlier releases still known."""

import pytest

from shared.errors import IdempotencyKeyReusedError
from shared.idempotency.keys import check_fingerprint, fingerprint, sealed

PAYLOAD = {"inputs": {"pin": "1234"}}


def test_a_sealed_fingerprint_is_known_again_and_any_other_is_not():
    known = sealed(fingerprint(PAYLOAD))

    check_fingerprint(fingerprint({"inputs": {"pin": "1234"}}), known=known)
    with pytest.raises(IdempotencyKeyReusedError):
        check_fingerprint(fingerprint({"inputs": {"pin": "1235"}}), known=known)


def test_records_do_not_tell_that_payloads_are_equal():
    first, second = sealed(fingerprint(PAYLOAD)), sealed(fingerprint(PAYLOAD))

    assert first != second
    assert fingerprint(PAYLOAD) not in first + second


def test_a_bare_fingerprint_of_an_earlier_release_is_known_again():
    check_fingerprint(fingerprint(PAYLOAD), known=fingerprint(PAYLOAD))
    with pytest.raises(IdempotencyKeyReusedError):
        check_fingerprint(fingerprint(None), known=fingerprint(PAYLOAD))
