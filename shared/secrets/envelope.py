"""The bytes of a sealed value: they say by themselves how they are to be opened; pure.

One byte with the version, two with the length of the wrapped data key, that key, the nonce of
AES-GCM, and what it encrypted with its tag at the end.
"""

import json
from typing import Final, NamedTuple

VERSION: Final = 1
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16

_HEAD_BYTES = 3


class BrokenSealError(ValueError):
    """A sealed value that was changed, cut, or sealed for another owner."""


class Owner(NamedTuple):
    """The owner of a secret: what else is told in opening it, or it stays closed.

    `kind` is what keeps it (`credential`), `id` which of them.
    """

    tenant: str
    kind: str
    id: str

    @property
    def context(self) -> dict[str, str]:
        """The encryption context of KMS, whose `kind` decides who may decrypt."""
        return self._asdict()


class Envelope(NamedTuple):
    """The parts of a sealed value; `sealed` ends in the tag."""

    wrapped_key: bytes
    nonce: bytes
    sealed: bytes

    @property
    def head(self) -> bytes:
        """The bytes before the nonce."""
        return bytes([VERSION]) + len(self.wrapped_key).to_bytes(2) + self.wrapped_key

    def packed(self) -> bytes:
        """Return the one value that is stored."""
        return self.head + self.nonce + self.sealed


def unpacked(value: bytes) -> Envelope:
    """Take a sealed value apart; BrokenSealError for what cannot be one."""
    if not value or value[0] != VERSION:
        raise BrokenSealError("the sealed value has no version that is known")
    key_end = _HEAD_BYTES + int.from_bytes(value[1:_HEAD_BYTES])
    nonce_end = key_end + NONCE_BYTES
    if len(value) < nonce_end + TAG_BYTES:
        raise BrokenSealError("the sealed value is too short")
    return Envelope(value[_HEAD_BYTES:key_end], value[key_end:nonce_end], value[nonce_end:])


def associated_data(head: bytes, owner: Owner) -> bytes:
    """Return what the tag covers beside the secret: all bytes before the nonce, and the owner."""
    return head + json.dumps(owner.context, sort_keys=True, separators=(",", ":")).encode()
