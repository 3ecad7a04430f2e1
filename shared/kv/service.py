"""The use cases of keys: read, list, keep, delete, count up."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from random import random
from typing import Final, TypeVar

from shared.dynamodb import Sleep
from shared.errors import (
    KeyNotFoundError,
    PreconditionFailedError,
    UnavailableError,
)
from shared.json_text import Json
from shared.kv.items import is_large
from shared.kv.models import (
    KEY_RULE,
    NAMESPACE_RULE,
    Incremented,
    KeyDraft,
    KeyEntry,
    ListedKey,
    StoredKey,
    is_key,
    is_namespace,
    sum_of,
    value_text,
)
from shared.kv.repository import CountedBeforeError, KeyChangedError, KvRepository, kv_repository
from shared.messages import InvalidValueError
from shared.names import SYSTEM
from shared.paging import Page, decode_name, encode_cursor
from shared.times import utc_now
from shared.validation import already_there, check_if_match, invalid_at

T = TypeVar("T")

MAX_LIMIT: Final = 500
"""The keys that are read at once."""
TRIES: Final = 30
"""The most times that a write is made again because another was first."""
MAX_PAUSE_SECONDS: Final = 0.4


@dataclass(frozen=True)
class Put:
    """A value to be kept; `existed` of what was written says whether there was one before."""

    namespace: str
    key: str
    text: str
    ttl: timedelta | None = None


@dataclass(frozen=True)
class Increment:
    """A number to be added to a key's; `start` and `ttl` are those of a key that is made by it.

    What has the same `token` is one increment, however often it is made.
    """

    namespace: str
    key: str
    by: float
    start: Json = 0
    ttl: timedelta | None = None
    token: str | None = None


@dataclass(frozen=True)
class KvService:
    """The keys of one tenant."""

    keys: KvRepository
    now: Callable[[], datetime]
    tenant: str
    sleep: Sleep = time.sleep

    def get(self, namespace: str, key: str) -> KeyEntry:
        """Read a key with its value; KeyNotFoundError."""
        found = self.find(namespace, key)
        if found is None:
            raise _not_found()
        return KeyEntry.of(found)

    def find(self, namespace: str, key: str) -> StoredKey | None:
        """Read a key; None if there is none, or no longer, or it can be none."""
        return self.keys.find(namespace, key, self.now())

    def page(self, namespace: str, prefix: str, limit: int, cursor: str | None) -> Page[ListedKey]:
        """List the keys that begin with `prefix`, alphabetically, without their values."""
        query = f"{self.tenant}/kv/{namespace}/{prefix}"
        after = None if cursor is None else decode_name(cursor, query, _within(prefix))
        found, last = self.keys.page(namespace, prefix, self.now(), limit=limit, after=after)
        return Page(found, encode_cursor(last, query) if last else None)

    def names(self, namespace: str, prefix: str) -> Iterator[str]:
        """Yield all keys that begin with `prefix`, alphabetically."""
        after: str | None = ""
        while after is not None:
            found, after = self.keys.page(
                namespace, prefix, self.now(), limit=MAX_LIMIT, after=after or None
            )
            yield from (each.key for each in found)

    def put(
        self,
        namespace: str,
        key: str,
        draft: KeyDraft,
        if_match: str | None,
        *,
        only_new: bool = False,
    ) -> KeyEntry:
        """Keep what a client sends; InvalidRequestError, PreconditionFailedError."""
        _check_names(namespace, key, draft)
        try:
            text = value_text(draft.value)
        except InvalidValueError as error:
            raise invalid_at("value", error.message.unmasked()) from None
        put = Put(namespace, key, text, draft.ttl)
        written, _ = self.keep(put, if_match, only_new=only_new)
        return KeyEntry.of(written)

    def keep(
        self, put: Put, if_match: str | None = None, *, only_new: bool = False
    ) -> tuple[StoredKey, bool]:
        """Keep a value; return what is stored, and whether the key was there before."""

        def attempt() -> tuple[StoredKey, bool]:
            now, old = self.now(), self.keys.read(put.namespace, put.key)
            existed = old is not None and old.lives(now)
            _check_version(if_match, old if existed else None)
            if only_new and existed:
                raise already_there("key")
            new = _next(old, put, now)
            self.keys.write(old, new)
            return new, existed

        return self._insist(attempt)

    def delete(self, namespace: str, key: str, if_match: str | None = None) -> None:
        """Delete a key; KeyNotFoundError if it is not there, PreconditionFailedError."""

        def attempt() -> None:
            now, old = self.now(), self.keys.read(namespace, key)
            if old is None or not old.lives(now):
                raise _not_found()
            check_if_match(if_match, old.version)
            self.keys.write(old, _deleted(old, now))

        self._insist(attempt)

    def increment(self, increment: Increment) -> Incremented:
        """Add to a key's number, once for each token.

        Raises InvalidValueError if the key has no number, or no number holds the sum.
        """

        def attempt() -> Incremented:
            now, old = self.now(), self.keys.read(increment.namespace, increment.key)
            counted, new = _counted(old, increment, now)
            self.keys.write(old, new, counted=counted, token=increment.token)
            return counted

        try:
            return self._insist(attempt)
        except CountedBeforeError as error:
            return error.counted
        except InvalidValueError:
            # What was counted before counts, whatever has become of the key since.
            counted = self.keys.counted(increment.token) if increment.token else None
            if counted:
                return counted
            raise

    def _insist(self, attempt: Callable[[], T]) -> T:
        """Try again when somebody else wrote in between: each try reads anew."""
        for number in range(TRIES):
            try:
                return attempt()
            except KeyChangedError:
                self.sleep(random() * min(MAX_PAUSE_SECONDS, 0.01 * 2.0**number))
        raise UnavailableError("the key is being changed by others, try again")


def _next(old: StoredKey | None, put: Put, now: datetime) -> StoredKey:
    """Return the version that follows, whatever `old` was: its time never goes back."""
    return StoredKey(
        namespace=put.namespace,
        key=put.key,
        version=old.version + 1 if old else 1,
        updated_at=max(now, old.updated_at) if old else now,
        expires_at=None if put.ttl is None else now + put.ttl,
        text=put.text,
        is_large=is_large(put.text),
    )


def _deleted(old: StoredKey, now: datetime) -> StoredKey:
    return StoredKey(
        namespace=old.namespace,
        key=old.key,
        version=old.version + 1,
        updated_at=max(now, old.updated_at),
        is_deleted=True,
    )


def _counted(
    old: StoredKey | None, increment: Increment, now: datetime
) -> tuple[Incremented, StoredKey]:
    """Return what an increment comes to, and the version that follows; a living key's end stays."""
    living = old if old and old.lives(now) else None
    if living and living.is_large:
        raise InvalidValueError("the value is larger than any number")
    before = KeyEntry.of(living).value if living else increment.start
    total = sum_of(before, increment.by)
    put = Put(increment.namespace, increment.key, value_text(total), increment.ttl)
    new = _next(old, put, now)
    if living:
        new = new.model_copy(update={"expires_at": living.expires_at})
    return Incremented(value=total, existed=living is not None), new


def _check_names(namespace: str, key: str, draft: KeyDraft) -> None:
    """Refuse names under which nothing is kept, and a body that says others than the path."""
    if not is_namespace(namespace):
        raise invalid_at("namespace", NAMESPACE_RULE)
    if namespace == SYSTEM:
        raise invalid_at("namespace", "is the platform's own: choose another")
    if not is_key(key):
        raise invalid_at("key", KEY_RULE)
    for name, said, meant in (("namespace", draft.namespace, namespace), ("key", draft.key, key)):
        if said not in {None, meant}:
            raise invalid_at(name, "is that of the path, or left out")


def _check_version(if_match: str | None, living: StoredKey | None) -> None:
    if living:
        check_if_match(if_match, living.version)
    elif if_match is not None:
        raise PreconditionFailedError("there is no such key now: send no If-Match to make it")


def _within(prefix: str) -> Callable[[str], bool]:
    return lambda key: is_key(key) and key.startswith(prefix)


def _not_found() -> KeyNotFoundError:
    return KeyNotFoundError("there is no such key")


@cache
def kv_service(tenant: str) -> KvService:
    return KvService(keys=kv_repository(tenant), now=utc_now, tenant=tenant)
