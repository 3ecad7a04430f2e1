"""The users of the pool behind secrets: made for one secret, removed with it, never used again.

A user stands in the pool before its client's row tells of it, and goes after. What dies in between
leaves a mark, and a user whose password nobody knows.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from shared.auth.claims import ROLE, TENANT
from shared.auth.clients.models import ClientRecord, Disposal, Login, StoredSecret, pool_username
from shared.auth.clients.models import owner_of as owner
from shared.auth.clients.repository import ClientRepository
from shared.auth.clients.sealing import Entropy, new_secret, seal
from shared.auth.principal import Role
from shared.auth.users.pool import UserPool
from shared.errors import PlatformError, UnavailableError
from shared.observability import logger

SUFFIX_BYTES: Final = 10
"""The bytes that tell users of one client apart, twice as many letters: a name has 128 at most."""


class Draft(NamedTuple):
    """A secret to be made: as it is shown, as it is stored, and what the pool is to take for it."""

    secret: str
    stored: StoredSecret
    login: Login


@dataclass(frozen=True)
class Provision:
    """The users of the pool of one tenant's clients."""

    clients: ClientRepository
    pool: UserPool
    new_id: Callable[[datetime], str]
    entropy: Entropy = os.urandom

    def draft(self, client_id: str, name: str) -> Draft:
        """Draw a secret, and the name and the password of the user behind it."""
        tenant = self.clients.tenant
        username = pool_username(tenant, name, self.entropy(SUFFIX_BYTES).hex())
        secret, password = new_secret(self.entropy), new_secret(self.entropy)
        sealed = seal(password, secret, owner(tenant, client_id), self.entropy)
        stored = StoredSecret(username=username, password=sealed)
        return Draft(secret, stored, Login(username=username, password=password))

    def mark(self, client_id: str, secret: StoredSecret, at: datetime) -> Disposal:
        """Return the mark that has somebody look, at a time, whether a secret's user has to go."""
        return Disposal(
            id=self.new_id(at),
            tenant=self.clients.tenant,
            client_id=client_id,
            username=secret.username,
        )

    def make(self, login: Login, role: Role) -> None:
        """Have the pool take a user's name and password, and tell its tenant and role in tokens."""
        self.pool.create(login.username)
        if not self.pool.set_password(login.username, login.password, temporary=False):
            raise UnavailableError("somebody else removed the client meanwhile, try again")
        groups = frozenset({f"{TENANT}{self.clients.tenant}", f"{ROLE}{role}"})
        self.pool.set_groups(login.username, groups)

    def dispose(self, marks: Iterable[Disposal]) -> None:
        """Remove users that no row tells of; where that fails, their marks stay for the sweep."""
        for mark in marks:
            try:
                self.pool.delete(mark.username)
                self.clients.settle(mark)
            except (ClientError, BotoCoreError):
                logger.exception("left to the sweep", extra={"client": mark.client_id})

    def undo(self, client: ClientRecord, mark: Disposal) -> None:
        """Leave nothing of a client that was not made to the end, above all its name."""
        try:
            self.clients.remove(client)
        except (ClientError, BotoCoreError, PlatformError):
            logger.exception("left to the sweep", extra={"client": client.id})
            return
        self.dispose([mark])
