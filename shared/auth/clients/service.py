"""The use cases of machine clients: make, list, rotate the secret, delete."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.auth.clients.models import (
    Client,
    ClientDraft,
    ClientRecord,
    ClientWithSecret,
    Disposal,
)
from shared.auth.clients.provision import Draft, Provision
from shared.auth.clients.repository import ClientRepository, Failed
from shared.errors import (
    ClientNameTakenError,
    ClientNotFoundError,
    IdempotencyInProgressError,
    UnavailableError,
)
from shared.idempotency.response_writer import NOT_KEYED, ResponseWriter
from shared.paging import Page, decode_id, encode_cursor
from shared.validation import check_if_match

Keep = ResponseWriter[ClientWithSecret]
LEASE: Final = timedelta(seconds=30)
"""The time after which who was making a client has died: a function of the API lives for 29."""
TRIES: Final = 5


@dataclass(frozen=True)
class ClientService:
    """The machine clients of one tenant, as somebody sets them up."""

    clients: ClientRepository
    provision: Provision
    now: Callable[[], datetime]
    new_id: Callable[[datetime], str]
    by: str

    def page(self, limit: int, cursor: str | None) -> Page[Client]:
        """Return clients newest first; a page below `limit` may still have a next."""
        query = f"{self.clients.tenant}/clients"
        after = decode_id(cursor, query) if cursor is not None else None
        read = self.clients.newest(limit, after)
        found = tuple(Client.of(each) for each in read if each.is_active)
        more = encode_cursor(read[-1].id, query) if len(read) == limit else None
        return Page(found, more)

    def create(self, draft: ClientDraft, keep: Keep = NOT_KEYED) -> ClientWithSecret:
        """Make a client, and tell its secret; ClientNameTakenError."""
        now = self.now()
        client_id = self.new_id(now)
        drawn = self.provision.draft(client_id, draft.name)
        client = ClientRecord(
            id=client_id,
            name=draft.name,
            role=draft.role,
            secrets=(drawn.stored,),
            created_at=now,
            created_by=self.by,
        )
        mark = self.provision.mark(client_id, drawn.stored, now)
        self._begin(client, mark)
        try:
            return self._finish(client, drawn, mark, keep)
        except Exception:
            self.provision.undo(client, mark)
            raise

    def rotate(
        self, client_id: str, if_match: str | None = None, keep: Keep = NOT_KEYED
    ) -> ClientWithSecret:
        """Give a client another secret, and tell it; the one before is good for 24 hours more.

        Of two that were there only the newer stays. Raises ClientNotFoundError and
        PreconditionFailedError.
        """
        client = self._stored(client_id, if_match)
        drawn = self.provision.draft(client_id, client.name)
        mark = self.provision.mark(client_id, drawn.stored, self.now())
        self.clients.mark(mark)
        try:
            self.provision.make(drawn.login, client.role)
            old, new = self._rotated(client_id, drawn, mark, if_match, keep)
        except Exception:
            self.provision.dispose([mark])
            raise
        self._dispose_of_dropped(old, new)
        return ClientWithSecret.made(new, drawn.secret)

    def delete(self, client_id: str, if_match: str | None = None) -> None:
        """Forget a client: its secrets are refused from then on.

        Raises ClientNotFoundError and PreconditionFailedError.
        """
        for _ in range(TRIES):
            client = self._stored(client_id, if_match)
            now = self.now()
            marks = [self.provision.mark(client_id, each, now) for each in client.secrets]
            if self.clients.remove(client, marks):
                self.provision.dispose(marks)
                return
        raise _busy()

    def _begin(self, client: ClientRecord, mark: Disposal) -> None:
        if not self.clients.add(client, mark):
            return
        if self._is_abandoned(client.name) and not self.clients.add(client, mark):
            return
        raise ClientNameTakenError("there is a client of this name: they are in lower case")

    def _is_abandoned(self, name: str) -> bool:
        """Free the name of a client that somebody began to make and died; False for any other."""
        there = self.clients.named(name)
        if there is None:
            return True  # it was, until a moment ago
        if there.is_active or self.now() - there.created_at < LEASE:
            return False
        return self.clients.remove(there)  # the sweep has the mark of its user

    def _finish(
        self, client: ClientRecord, drawn: Draft, mark: Disposal, keep: Keep
    ) -> ClientWithSecret:
        self.provision.make(drawn.login, client.role)
        active = client.activated()
        shown = ClientWithSecret.made(active, drawn.secret)
        failed = self.clients.activate(active, mark, keep.write_with(shown))
        if failed:
            raise _overtaken(failed)
        return shown

    def _rotated(
        self, client_id: str, drawn: Draft, mark: Disposal, if_match: str | None, keep: Keep
    ) -> tuple[ClientRecord, ClientRecord]:
        """Store a secret that the pool has; return the client as it was, and as it is."""
        for _ in range(TRIES):
            old = self._stored(client_id, if_match)
            new = old.rotated(drawn.stored, self.now())
            ending = [
                self.provision.mark(client_id, each, each.until) for each in new.secrets
                if each.until is not None
            ]  # fmt: skip
            kept = keep.write_with(ClientWithSecret.made(new, drawn.secret))
            failed = self.clients.rotate(new, mark, ending, kept)
            if not failed:
                return old, new
            if "client" not in failed:
                raise _overtaken(failed)
        raise _busy()

    def _dispose_of_dropped(self, old: ClientRecord, new: ClientRecord) -> None:
        stay = {each.username for each in new.secrets}
        now = self.now()
        dropped = [each for each in old.secrets if each.username not in stay]
        self.provision.dispose(self.provision.mark(new.id, each, now) for each in dropped)

    def _stored(self, client_id: str, if_match: str | None) -> ClientRecord:
        client = self.clients.find(client_id)
        if client is None or not client.is_active:
            raise ClientNotFoundError("there is no such client")
        check_if_match(if_match, client.version)
        return client


def _overtaken(failed: Failed) -> Exception:
    if "client" in failed:
        return UnavailableError("somebody else removed the client meanwhile, try again")
    return IdempotencyInProgressError("a repeat of this request was faster")


def _busy() -> UnavailableError:
    return UnavailableError("the client is being changed by others, try again")
