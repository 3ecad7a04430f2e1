"""Rows of segments in memory: who may write, and whose token is waited for."""

from collections import Counter
from datetime import datetime
from typing import Any

from shared.executions.store.repository import ExecutionRepository
from shared.executions.store.snapshots import FENCE_STEP, TurnFence


class InMemorySegments(ExecutionRepository):
    """The part of executions in memory that stands in the rows of their segments."""

    def __init__(self) -> None:
        self.turns: dict[tuple[str, str, str], tuple[int, int]] = {}
        self.tokens: dict[tuple[str, str, str], str] = {}
        self.wakes: Counter[tuple[str, str, str]] = Counter()
        self.unread: dict[tuple[str, str, str], datetime] = {}

    def enter_segment(
        self, tenant: str, execution_id: str, *, generation: int, path: str
    ) -> TurnFence | None:
        key = (tenant, execution_id, path)
        known, turn = self.turns.get(key, (0, 0))
        if generation < known:
            return None
        self.turns[key] = (generation, turn + 1)
        token = self.tokens.pop(key, None)
        superseded_token = token if known < generation else None
        return TurnFence(
            generation * FENCE_STEP + turn + 1,
            self.wakes[key],
            superseded_token,
            self.unread.get(key),
        )

    def note_unread(self, tenant: str, execution_id: str, path: str, *, since: datetime) -> None:
        self.unread[tenant, execution_id, path] = since

    def forget_unread(self, tenant: str, execution_id: str, path: str) -> None:
        self.unread.pop((tenant, execution_id, path), None)

    def register_token(
        self, tenant: str, execution_id: str, *, entry: TurnFence, path: str, token: str
    ) -> bool:
        key = (tenant, execution_id, path)
        generation, turn = self.turns.get(key, (0, 0))
        if entry != TurnFence(generation * FENCE_STEP + turn, self.wakes[key]):
            return False
        self.tokens[key] = token
        return True

    def wake_segment(self, tenant: str, execution_id: str, path: str) -> str | None:
        key = (tenant, execution_id, path)
        if key not in self.turns:
            return None
        self.wakes[key] += 1
        return self.tokens.get(key)

    def has_token(self, tenant: str, execution_id: str, path: str) -> bool:
        return (tenant, execution_id, path) in self.tokens


def park(store: ExecutionRepository, execution_id: str, token: str) -> None:
    """Have a run of another execution wait for its token, as one does that waits for a child."""
    place: Any = {"tenant": "default", "execution_id": execution_id, "path": "main"}
    entry = store.enter_segment(**place, generation=1)
    assert entry
    assert store.register_token(**place, entry=entry, token=token)
