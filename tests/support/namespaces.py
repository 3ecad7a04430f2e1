"""Namespaces in memory, and readers of them for tests of what starts executions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from shared.dynamodb import Write
from shared.namespaces.items import parsed, variables_digest
from shared.namespaces.models import NamespaceRecord, Variables
from shared.namespaces.reader import NamespaceReader
from shared.namespaces.repository import NamespaceRepository

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class InMemoryNamespaces(NamespaceRepository):
    """Keeps the promises of the table; `before_write` lets a test write in between."""

    def __init__(self) -> None:
        self.rows: dict[str, NamespaceRecord] = {}
        self.sets: dict[str, str] = {}
        self.before_write: list[Callable[[], Any]] = []

    def find(self, name: str) -> NamespaceRecord | None:
        return self.rows.get(name)

    def all(self) -> tuple[NamespaceRecord, ...]:
        return tuple(self.rows[name] for name in sorted(self.rows))

    def variables(self, digests: Iterable[str]) -> Mapping[str, Variables]:
        return {each: parsed(self.sets[each]) for each in digests if each in self.sets}

    def put(
        self, old: NamespaceRecord | None, new: NamespaceRecord, variables: str | None = None
    ) -> bool:
        if not self._is_unchanged(old, new.name):
            return False
        self.rows[new.name] = new
        if variables is not None:
            self.sets[variables_digest(variables)] = variables
        return True

    def remove(self, record: NamespaceRecord) -> bool:
        if not self._is_unchanged(record, record.name):
            return False
        del self.rows[record.name]
        return True

    def entry(self, name: str, now: datetime) -> Sequence[Write]:
        raise NotImplementedError("transactions are the table's")

    def _is_unchanged(self, old: NamespaceRecord | None, name: str) -> bool:
        if self.before_write:
            self.before_write.pop()()
        stored = self.rows.get(name)
        return (stored and stored.version) == (old and old.version)


def read_no_variables(_tenant: str, digest: str) -> Variables:
    raise LookupError(digest)


NO_NAMESPACES = NamespaceReader(lambda _tenant: InMemoryNamespaces(), read_no_variables)
