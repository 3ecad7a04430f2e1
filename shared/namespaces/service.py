"""The use cases of namespaces: list, show, write, delete; a flow in one makes it be there."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from shared.errors import (
    NamespaceFixedError,
    NamespaceNotEmptyError,
    NamespaceNotFoundError,
    PreconditionFailedError,
    UnavailableError,
)
from shared.names import SYSTEM
from shared.namespaces.changes import changes_of
from shared.namespaces.members import Members
from shared.namespaces.models import (
    DEFAULT,
    Namespace,
    NamespaceCounts,
    NamespacePatch,
    NamespaceRecord,
    Variables,
    is_namespace,
)
from shared.namespaces.repository import NamespaceRepository
from shared.validation import already_there, check_if_match

T = TypeVar("T")

SHOWN_BYTES = 2_500_000
"""The variables that a list shows; an answer of Lambda holds 6 MB, and every quote twice."""

_TRIES = 5


@dataclass(frozen=True)
class NamespaceService:
    """The namespaces of one tenant."""

    namespaces: NamespaceRepository
    members: Members
    now: Callable[[], datetime]

    def all(self) -> list[Namespace]:
        """List all, alphabetically: those with a row, those of flows alone, and `default`."""
        rows = {record.name: record for record in self.namespaces.all()}
        flows = self.members.flows_by_namespace()
        credentials = self.members.credentials_by_namespace()
        shown = self.namespaces.variables(_shown_digests(rows.values()))
        return [
            Namespace.of(
                name,
                rows.get(name),
                _variables_of(rows.get(name), shown),
                self.members.beside(
                    name, flows=flows.get(name, 0), credentials=credentials.get(name, 0)
                ),
            )
            for name in sorted({DEFAULT, *rows, *flows} - {SYSTEM})
        ]

    def get(self, name: str) -> Namespace:
        """Show one; NamespaceNotFoundError."""
        record, counts = self._stored(name)
        return self._shown(name, record, counts)

    def replace(
        self, name: str, patch: NamespacePatch, if_match: str | None, *, only_new: bool = False
    ) -> Namespace:
        """Save the fields that were sent; an unknown name is made.

        Raises InvalidRequestError, NotSupportedYetError and PreconditionFailedError.
        """
        changes, text = changes_of(name, patch)

        def attempt() -> Namespace | None:
            old, counts = self.namespaces.find(name), self.members.of(name)
            _check_version(name, old, counts, if_match)
            if only_new and _is_there(name, old, counts):
                raise already_there("namespace")
            new = self._changed(name, old, changes)
            if new is not old and not self.namespaces.put(old, new, text or None):
                return None
            return self._shown(name, new, counts)

        return _insist(attempt)

    def delete(self, name: str, if_match: str | None) -> None:
        """Forget one; NamespaceNotFoundError, NamespaceFixedError, NamespaceNotEmptyError.

        What enters in between counts: it is looked for again when the row is gone, and the row is
        put back. What enters later makes a namespace without settings.
        """

        def attempt() -> bool | None:
            record, counts = self._stored(name)
            check_if_match(if_match, record.version if record else 0)
            if name == DEFAULT:
                raise NamespaceFixedError("the namespace default is always there")
            _check_empty(name, counts)
            if record is None or not self.namespaces.remove(record):
                return None
            counts = self.members.of(name)
            if not counts.is_empty:
                self.namespaces.put(None, record)
            _check_empty(name, counts)
            return True

        _insist(attempt)

    def _stored(self, name: str) -> tuple[NamespaceRecord | None, NamespaceCounts]:
        """Read what is there of a namespace; NamespaceNotFoundError when nothing is."""
        if name == SYSTEM or not is_namespace(name):
            raise NamespaceNotFoundError("there is no such namespace")
        record, counts = self.namespaces.find(name), self.members.of(name)
        if not _is_there(name, record, counts):
            raise NamespaceNotFoundError("there is no such namespace")
        return record, counts

    def _shown(
        self, name: str, record: NamespaceRecord | None, counts: NamespaceCounts
    ) -> Namespace:
        digests = [record.variables] if record and record.variables else []
        shown = self.namespaces.variables(digests)
        return Namespace.of(name, record, _variables_of(record, shown), counts)

    def _changed(
        self, name: str, old: NamespaceRecord | None, changes: Mapping[str, Any]
    ) -> NamespaceRecord:
        """Return the next version of a namespace, or `old` itself if nothing differs."""
        now = self.now()
        if old is None:
            new = NamespaceRecord(name=name, version=1, created_at=now, updated_at=now)
            return new.model_copy(update=changes)
        new = old.model_copy(update=changes)
        if new == old:
            return old
        written = {"version": old.version + 1, "updated_at": max(now, old.updated_at)}
        return new.model_copy(update=written)


def _is_there(name: str, record: NamespaceRecord | None, counts: NamespaceCounts) -> bool:
    """Tell whether a namespace is there; keys alone make none."""
    return bool(name == DEFAULT or record or counts.flows or counts.credentials)


def _check_version(
    name: str, record: NamespaceRecord | None, counts: NamespaceCounts, if_match: str | None
) -> None:
    if if_match is not None and not _is_there(name, record, counts):
        raise PreconditionFailedError("there is no such namespace yet")
    check_if_match(if_match, record.version if record else 0)


def _check_empty(name: str, counts: NamespaceCounts) -> None:
    if not counts.is_empty:
        raise NamespaceNotEmptyError(
            f"delete what is in namespace {name!r} first", counts=counts.model_dump()
        )


def _shown_digests(records: Iterable[NamespaceRecord]) -> Iterator[str]:
    """Yield the sets of variables that a list has room for."""
    room = SHOWN_BYTES
    for record in records:
        room -= record.variables_bytes
        if record.variables and room >= 0:
            yield record.variables


def _variables_of(
    record: NamespaceRecord | None, read: Mapping[str, Variables]
) -> Variables | None:
    if record is None or record.variables is None:
        return {}
    return read.get(record.variables)


def _insist(attempt: Callable[[], T | None]) -> T:
    """Try again while somebody else writes in between: each try reads anew."""
    for _ in range(_TRIES):
        done = attempt()
        if done is not None:
            return done
    raise UnavailableError("the namespace is being changed by others, try again")
