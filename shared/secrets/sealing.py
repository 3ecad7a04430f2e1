"""The seal of secrets: AES-256-GCM under a data key of its own, whose tag covers every byte.

KMS holds the key that wraps the data keys, so that what is stored opens nothing. The tag covers
the wrapped key and the owner as well: no emulator or bug that unwraps a changed key gets further.
"""

import os
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.secrets.data_keys import DataKeys, data_keys
from shared.secrets.envelope import (
    NONCE_BYTES,
    BrokenSealError,
    Envelope,
    Owner,
    associated_data,
    unpacked,
)


class Sealer:
    """The sealer of secrets, each for its owner: `open` takes the same owner, or nothing opens."""

    def __init__(self, keys: DataKeys) -> None:
        self._keys = keys

    def seal(self, secret: bytes, owner: Owner) -> bytes:
        """Return a secret sealed, never twice the same bytes; UnavailableError."""
        key = self._keys.new(owner)
        nonce = os.urandom(NONCE_BYTES)
        head = Envelope(key.wrapped, nonce, b"").head
        sealed = AESGCM(key.plain).encrypt(nonce, secret, associated_data(head, owner))
        return Envelope(key.wrapped, nonce, sealed).packed()

    def open(self, value: bytes, owner: Owner) -> bytes:
        """Return the secret of a sealed value; BrokenSealError, UnavailableError."""
        envelope = unpacked(value)
        key = self._keys.unwrapped(envelope.wrapped_key, owner)
        covered = associated_data(envelope.head, owner)
        try:
            return AESGCM(key).decrypt(envelope.nonce, envelope.sealed, covered)
        except InvalidTag:
            raise BrokenSealError("the sealed value was changed") from None

    def reseal(self, value: bytes, owner: Owner) -> bytes:
        """Return the same secret under a fresh data key, as after a rotation of KMS's own."""
        return self.seal(self.open(value, owner), owner)


@cache
def sealer() -> Sealer:
    return Sealer(data_keys())
