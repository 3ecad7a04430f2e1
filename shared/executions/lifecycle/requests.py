"""What requests that start executions have in common: who asks, and the claim of their key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.idempotency.claims import Claim, IdempotencyRepository
from shared.idempotency.keys import claim_scope, fingerprint


@dataclass(frozen=True, kw_only=True)
class KeyedRequest:
    """A request to start: `path` is the concrete path a key counts for, `body` the JSON as sent."""

    tenant: str
    path: str
    body: Mapping[str, Any] | None
    created_by: str
    key: str | None = None
    correlation_id: str | None = None
    request_id: str | None = None

    @property
    def payload(self) -> Any:
        """All that must be the same when the key comes again."""
        return self.body

    @property
    def scope(self) -> str:
        return claim_scope(self.tenant, self.path, self.key or "")

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.payload)


@dataclass(frozen=True)
class StartClaims:
    """The key is looked up, the request checked, the key claimed: then the execution is put."""

    kept: IdempotencyRepository
    now: Callable[[], datetime]
    new_id: Callable[[datetime], str]

    def find(self, asking: KeyedRequest) -> Claim | None:
        """The claim that an earlier try made; IdempotencyKeyReusedError for another payload."""
        if asking.key is None:
            return None
        claim = self.kept.find(asking.scope, now=self.now())
        if claim:
            claim.check(asking.fingerprint)
        return claim

    def draft(self, asking: KeyedRequest, *, flow_id: str, revision: int) -> Claim:
        """A claim for an execution of this revision; nothing is remembered yet."""
        now = self.now()
        return Claim(
            scope=asking.scope,
            fingerprint=asking.fingerprint,
            execution_id=self.new_id(now),
            flow_id=flow_id,
            revision=revision,
            created_at=now,
        )

    def acquire(self, asking: KeyedRequest, mine: Claim, earlier: Claim | None) -> Claim:
        """The claim that counts: an earlier one, or whoever's comes first now."""
        first = earlier or (self.kept.claim(mine) if asking.key else mine)
        first.check(mine.fingerprint)
        return first
