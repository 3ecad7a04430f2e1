"""Machine clients as they are stored, sent and shown, and the rules for their names and secrets."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints

from shared.auth.claims import CLIENT
from shared.auth.clients.sealing import SealedPassword, unsealed
from shared.auth.principal import Role
from shared.ids import ID_PATTERN
from shared.records import StrictRecord
from shared.times import Timestamp

NAME_PATTERN = r"^[A-Za-z0-9._-]{1,60}$"
GRACE: Final = timedelta(hours=24)
"""The time for which the secret that was replaced goes on."""
MAX_SENT = 256
"""Characters of an id or a secret that is tried: more than any of ours has."""

ClientName = Annotated[str, StringConstraints(pattern=NAME_PATTERN), AfterValidator(str.lower)]
"""The name of a client, in lower case: the pool knows no other."""
Sent = Annotated[str, StringConstraints(min_length=1, max_length=MAX_SENT)]
ClientId = Annotated[str, StringConstraints(pattern=ID_PATTERN)]


def pool_username(tenant: str, name: str, suffix: str) -> str:
    """Return the name of a user of the pool: no two secrets share one, of whatever client.

    So what still removes one user cannot meet another: of the next secret, or of the next client of
    that name. `shared/auth/claims.py` reads the client's name from it.
    """
    return f"{CLIENT}{tenant}:{name}:{suffix}"


def owner_of(tenant: str, client_id: str) -> str:
    """Return for whom passwords are sealed: opened for another client, they stay closed."""
    return f"{tenant}/{client_id}"


class ClientStatus(StrEnum):
    """The status of a row: PENDING until the pool has the user of its secret."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"


class StoredSecret(StrictRecord):
    """A secret as it is stored: the user of the pool behind it, and that user's password, sealed.

    `until` is when a secret that was replaced is over.
    """

    username: str
    password: SealedPassword
    until: Timestamp | None = None

    def is_over(self, now: datetime) -> bool:
        return self.until is not None and self.until <= now


class Login(StrictRecord):
    """The user of the pool that a secret opens, as it logs in."""

    username: str
    password: str = Field(repr=False)


class ClientRecord(StrictRecord):
    """A client's row: `version` counts writes (it is the ETag), and is 0 while it is PENDING."""

    id: ClientId
    name: str
    role: Role
    status: ClientStatus = ClientStatus.PENDING
    version: int = 0
    secrets: tuple[StoredSecret, ...]
    created_at: Timestamp
    created_by: str
    last_used_at: Timestamp | None = None

    @property
    def is_active(self) -> bool:
        return self.status is ClientStatus.ACTIVE

    def activated(self) -> "ClientRecord":
        return self.model_copy(update={"status": ClientStatus.ACTIVE, "version": 1})

    def rotated(self, new: StoredSecret, now: datetime) -> "ClientRecord":
        """Return the client with another secret; the one before goes on for a while, no third."""
        replaced = [
            each.model_copy(update={"until": now + GRACE})
            for each in self.secrets
            if each.until is None
        ]
        update = {"secrets": (new, *replaced), "version": self.version + 1}
        return self.model_copy(update=update)

    def live(self, now: datetime) -> Iterator[StoredSecret]:
        """Yield the secrets that are not over."""
        return (each for each in self.secrets if not each.is_over(now))

    def login_for(self, secret: str, owner: str, now: datetime) -> Login | None:
        """Return what a secret opens; each one that is not over is tried, whichever is right."""
        opened = [
            (each.username, unsealed(each.password, secret, owner)) for each in self.live(now)
        ]
        for username, password in opened:
            if password is not None:
                return Login(username=username, password=password)
        return None


class Client(StrictRecord):
    """A machine client as the API shows it; `lastUsedAt` is right within the hour."""

    client_id: str
    name: str
    role: Role
    created_at: Timestamp
    created_by: str
    last_used_at: Timestamp | None
    version: int = Field(exclude=True)

    @classmethod
    def of(cls, record: ClientRecord) -> "Client":
        """Show a client; its `version` is told by the ETag, not by the body."""
        return cls(**_shown(record))


class ClientWithSecret(Client):
    """A client with the secret that was just made, which is shown this once."""

    client_secret: str = Field(repr=False)

    @classmethod
    def made(cls, record: ClientRecord, secret: str) -> "ClientWithSecret":
        return cls(**_shown(record), client_secret=secret)


class ClientDraft(StrictRecord):
    """A client to be made."""

    name: ClientName
    role: Role


class ClientCredentials(StrictRecord):
    """The id and the secret of a client, as they are tried."""

    client_id: Sent
    client_secret: Sent = Field(repr=False)


class ClientToken(StrictRecord):
    """A token for requests, for so many seconds; then the secret gives another."""

    token: str = Field(repr=False)
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a scheme, no secret
    expires_in: int


class Disposal(StrictRecord):
    """The mark of a user of the pool that may have to go, at the time in the mark's `id`.

    It has to unless its client is there, and has the secret before which that user stands.
    """

    id: str
    tenant: str
    client_id: str
    username: str


def _shown(record: ClientRecord) -> dict[str, Any]:
    fields = record.model_dump(include=set(Client.model_fields))
    return {**fields, "client_id": record.id}
