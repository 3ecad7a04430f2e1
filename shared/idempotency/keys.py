"""Idempotency keys: their scope, their fingerprint, how long they are kept."""

import hashlib
import hmac
import json
import os
from datetime import timedelta
from typing import Any

from shared.errors import IdempotencyKeyReusedError
from shared.json_text import canonical

KEPT = timedelta(hours=24)
MAX_SCOPE_BYTES = 2000
"""A key of DynamoDB has 2,048, a path may have more."""


def check_fingerprint(fingerprint: str, *, known: str) -> None:
    """Raise IdempotencyKeyReusedError for a payload that a key was not used with.

    `known` is sealed, or bare as releases before wrote it, which are gone after a day.
    """
    salt, is_sealed, _ = known.partition(":")
    if (_sealed(fingerprint, salt) if is_sealed else fingerprint) != known:
        raise IdempotencyKeyReusedError(
            "this Idempotency-Key was used with another payload; use a new key"
        )


def sealed(fingerprint: str) -> str:
    """Return a fingerprint as it is stored, under a salt of its own.

    Payloads hold secrets: equal ones cannot be told by their records, and no table of digests made
    beforehand fits.
    """
    return _sealed(fingerprint, os.urandom(16).hex())


def _sealed(fingerprint: str, salt: str) -> str:
    return f"{salt}:{hmac.digest(salt.encode(), fingerprint.encode(), 'sha256').hex()}"


def claim_scope(tenant: str, path: str, key: str) -> str:
    """Return the scope of a key: one tenant and one concrete path; a digest if it is too long."""
    scope = f"{tenant}#{path}#{key}"
    if len(scope.encode()) <= MAX_SCOPE_BYTES:
        return scope
    return f"{tenant}#{hashlib.sha256(path.encode()).hexdigest()}#{key}"


def fingerprint(payload: Any) -> str:
    """Return the SHA-256 of a JSON payload, equal for equal ones; none counts as `{}`.

    Keys may come in any order, and 1.0 is 1. The spaces are those of earlier releases, whose
    records are still compared with.
    """
    written = json.dumps(canonical({} if payload is None else payload), sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()
