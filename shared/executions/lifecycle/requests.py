"""Requests that start executions, and the one protocol by which they are accepted (ADR 5).

Something new that starts executions (a trigger, a template, a process) does three things:

1. Subclass `KeyedRequest` with what else the request says; what must be the same when its key comes
   again goes into `payload`. Whatever fires by itself makes a key of what fired it.
2. Write a `prepare(revision)` that checks everything, makes nothing and answers `Prepared`. The
   revision is None the first time: the one that the request means. A repeat, which has to complete
   what an earlier try has claimed, names the claim's. What is refused is raised: the flow that
   cannot run (`find_runnable`), labels, inputs, a key that the flow requires. `origin` says what
   started it (`Origin(trigger=Trigger(type=…))`); without it, it was started by hand.
3. Return `accept(request, prepare, claims=…, launcher=…)`.

`lifecycle/start` is the simplest; `retry` copies task runs in `before_put`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from shared.executions.lifecycle.launch import Launcher, Started
from shared.executions.lifecycle.new_execution import Prepared, Requester, new_execution
from shared.idempotency.claims import Claim, IdempotencyRepository, claim_repository
from shared.idempotency.keys import claim_scope, fingerprint
from shared.ids import new_id
from shared.times import utc_now


@dataclass(frozen=True, kw_only=True)
class KeyedRequest(Requester):
    """A request to start: `path` is the concrete path a key counts for, `body` the JSON as sent."""

    path: str
    body: Mapping[str, Any] | None
    key: str | None = None

    @property
    def payload(self) -> Any:
        """The values that must be the same when the key comes again."""
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
        """Return the claim of an earlier try; IdempotencyKeyReusedError for another payload."""
        if asking.key is None:
            return None
        claim = self.kept.find(asking.scope, now=self.now())
        if claim:
            claim.check(asking.fingerprint)
        return claim

    def draft(self, asking: KeyedRequest, *, flow_id: str, revision: int) -> Claim:
        """Return a claim for an execution of this revision; nothing is stored yet."""
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
        """Return the claim that counts: the earlier one, or the one that is stored first now."""
        first = earlier or (self.kept.claim(mine) if asking.key else mine)
        first.check(mine.fingerprint)
        return first


def accept(
    request: KeyedRequest,
    prepare: Callable[[int | None], Prepared],
    *,
    claims: StartClaims,
    launcher: Launcher,
) -> Started:
    """Accept an execution; whoever comes second with a key completes the first's start.

    The key is looked up, the request checked, the key claimed, the execution put, its run started:
    every step can be repeated (ADR 5). Raises IdempotencyKeyReusedError for another payload under
    the key, and what `prepare` raises.
    """
    earlier = claims.find(request)
    started = earlier and launcher.again(request.tenant, earlier.execution_id)
    if started:
        return started
    prepared = prepare(earlier.revision if earlier else None)
    mine = claims.draft(request, flow_id=prepared.flow.id, revision=prepared.revision)
    # Refuses what has no key to wait by, before anything is remembered.
    execution = new_execution(prepared, request, mine)
    first = claims.acquire(request, mine, earlier)
    if first is not mine:
        if first.revision != prepared.revision:
            # The flow was saved anew between the claim and this try: the claim's counts.
            prepared = prepare(first.revision)
        execution = new_execution(prepared, request, first)
    prepared.before_put(execution)
    return launcher.launch(execution, replayed=first.execution_id != mine.execution_id)


@cache
def start_claims() -> StartClaims:
    return StartClaims(claim_repository(), utc_now, new_id)
