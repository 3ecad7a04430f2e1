"""Passwords sealed under secrets: a row opens nothing by itself, and the secret is nowhere.

The password is of a user of the pool, and known to nobody. AES-256-GCM encrypts it under a key
that HKDF-SHA256 makes of the secret; a salted SHA-256 tells whether a secret is the right one.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.records import StrictRecord

Entropy = Callable[[int], bytes]
"""The source of so many random bytes."""

SECRET_BYTES: Final = 32
_SALT_BYTES, _NONCE_BYTES = 16, 12
_KEY_OF: Final = b"headrace client password"
_DIGEST_OF: Final = b"headrace client secret\0"
"""The words that keep key and digest apart, which are both made of salt and secret."""


class SealedPassword(StrictRecord):
    """A password as it is stored, in Base64, and what tells the secret that opens it."""

    salt: str
    digest: str
    nonce: str
    sealed: str


def new_secret(entropy: Entropy = os.urandom) -> str:
    """Return 256 random bits as 43 letters, digits, `-` and `_`."""
    return base64.urlsafe_b64encode(entropy(SECRET_BYTES)).decode().rstrip("=")


def seal(password: str, secret: str, owner: str, entropy: Entropy = os.urandom) -> SealedPassword:
    """Seal a password so that only this secret opens it, and only for this owner."""
    salt, nonce = entropy(_SALT_BYTES), entropy(_NONCE_BYTES)
    sealed = AESGCM(_key(salt, secret)).encrypt(nonce, password.encode(), owner.encode())
    return SealedPassword(
        salt=_text(salt),
        digest=_text(_digest(salt, secret)),
        nonce=_text(nonce),
        sealed=_text(sealed),
    )


def unsealed(password: SealedPassword, secret: str, owner: str) -> str | None:
    """Open a password, or return None; a wrong secret costs as much as the right one."""
    salt = _bytes(password.salt)
    is_right = hmac.compare_digest(_digest(salt, secret), _bytes(password.digest))
    cipher = AESGCM(_key(salt, secret))
    try:
        plain = cipher.decrypt(_bytes(password.nonce), _bytes(password.sealed), owner.encode())
    except InvalidTag:
        return None
    return plain.decode() if is_right else None


def _key(salt: bytes, secret: str) -> bytes:
    return HKDF(SHA256(), length=32, salt=salt, info=_KEY_OF).derive(secret.encode())


def _digest(salt: bytes, secret: str) -> bytes:
    return hashlib.sha256(_DIGEST_OF + salt + secret.encode()).digest()


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _bytes(value: str) -> bytes:
    return base64.b64decode(value)
