"""Keys in memory, and a clock that is set by hand."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.kv.items import listed_key
from shared.kv.models import Incremented, ListedKey, StoredKey, is_key, is_namespace
from shared.kv.repository import CountedBeforeError, KeyChangedError, KvRepository
from shared.kv.service import KvService
from shared.times import to_rfc3339

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass
class HandClock:
    """A clock that stands still until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


class InMemoryKeys(KvRepository):
    """The keys of one tenant, in memory; what was written stands in `written`, oldest first."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, str], StoredKey] = {}
        self._receipts: dict[str, Incremented] = {}
        self._lock = threading.Lock()
        self.written: list[StoredKey] = []

    def read(self, namespace: str, key: str) -> StoredKey | None:
        if not (is_namespace(namespace) and is_key(key)):
            return None
        stored = self._keys.get((namespace, key))
        return stored.model_copy(update={"text": None}) if stored and stored.is_large else stored

    def find(self, namespace: str, key: str, now: datetime) -> StoredKey | None:
        stored = self._keys.get((namespace, key))
        return stored if stored and stored.lives(now) else None

    def counted(self, token: str) -> Incremented | None:
        return self._receipts.get(token)

    def write(
        self,
        old: StoredKey | None,
        new: StoredKey,
        *,
        counted: Incremented | None = None,
        token: str | None = None,
    ) -> None:
        with self._lock:
            before = self._receipts.get(token or "")
            if before:
                raise CountedBeforeError(before)
            stored = self._keys.get((new.namespace, new.key))
            if (stored and stored.version) != (old and old.version):
                raise KeyChangedError
            if token and counted:
                self._receipts[token] = counted
            self._keys[new.namespace, new.key] = new
            self.written.append(new)

    def page(
        self, namespace: str, prefix: str, now: datetime, *, limit: int, after: str | None = None
    ) -> tuple[tuple[ListedKey, ...], str | None]:
        names = sorted(key for place, key in self._keys if place == namespace)
        behind = [key for key in names if key.startswith(prefix) and key > (after or "")]
        looked_at, more = behind[:limit], len(behind) >= limit
        found = [self._keys[namespace, key] for key in looked_at]
        shown = tuple(_listed(each) for each in found if each.lives(now))
        return shown, looked_at[-1] if more else None

    def count(self, namespace: str, now: datetime) -> int:
        return sum(
            place == namespace and each.lives(now) for (place, _), each in self._keys.items()
        )


def _listed(stored: StoredKey) -> ListedKey:
    end = {"expiresAt": to_rfc3339(stored.expires_at)} if stored.expires_at else {}
    item = {"sk": stored.key, "version": stored.version, **end}
    return listed_key({**item, "updatedAt": to_rfc3339(stored.updated_at)})


def service_of(keys: KvRepository, clock: HandClock) -> KvService:
    """The service over some keys, which never waits."""
    return KvService(keys=keys, now=clock, tenant="default", sleep=lambda _seconds: None)
