"""A key of KMS in memory, and one that is out of reach: for tests of what keeps secrets."""

import os
from typing import Any, cast

from shared.errors import UnavailableError
from shared.secrets.data_keys import DataKey, DataKeys
from shared.secrets.envelope import BrokenSealError, Owner


class InMemoryKeys(DataKeys):
    """Data keys wrapped by naming them; `is_away` is KMS throttled or out of reach."""

    def __init__(self) -> None:
        super().__init__(cast("Any", None), "arn:aws:kms:::key/none")
        self._keys: dict[bytes, tuple[bytes, Owner]] = {}
        self.is_away = False
        self.unwraps = 0
        self.wraps = 0

    def new(self, owner: Owner) -> DataKey:
        self._check()
        self.wraps += 1
        key = DataKey(os.urandom(32), os.urandom(20))
        self._keys[key.wrapped] = key.plain, owner
        return key

    def unwrapped(self, wrapped: bytes, owner: Owner) -> bytes:
        self._check()
        self.unwraps += 1
        plain, known = self._keys.get(wrapped, (b"", None))
        if known != owner:
            raise BrokenSealError("the sealed value is not of this owner")
        return plain

    def _check(self) -> None:
        if self.is_away:
            raise UnavailableError("secrets cannot be read or written now, try again")


class UncheckedKeys(InMemoryKeys):
    """A KMS as an emulator has it, which unwraps whatever it is given, for whomever, as a key."""

    def unwrapped(self, wrapped: bytes, owner: Owner) -> bytes:
        del owner
        known = self._keys.get(wrapped)
        return known[0] if known else (wrapped * 2)[:32]
