"""Tokens of machine clients: for an id and a secret, by way of the user of the pool behind it.

Who cannot have one gets one answer, after the same calls in the same order and after a multiple of
250 ms: an unknown or deleted client, a wrong secret, one that is over. Only wrong ones are counted:
a machine with an old secret must not keep those beside it out, and 256 bits cannot be guessed.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from shared.auth.clients.attempts import WrongSecrets
from shared.auth.clients.models import (
    ClientCredentials,
    ClientRecord,
    ClientToken,
    Login,
    StoredSecret,
    owner_of,
)
from shared.auth.clients.repository import (
    ClientLookup,
    ClientRepository,
    client_lookup,
    client_repository,
)
from shared.auth.clients.sealing import new_secret, seal
from shared.auth.padding import Clock, Sleep, padded
from shared.auth.principal import Role
from shared.auth.users.pool import UserPool, user_pool
from shared.auth.users.repository import users_table
from shared.auth.users.sessions import Challenge, Tokens
from shared.errors import InvalidCredentialsError
from shared.ids import is_id, lowest_id_at
from shared.observability import logger
from shared.times import utc_now

NOTED_EACH: Final = timedelta(hours=1)
NO_TENANT: Final = "#"
"""A name that no tenant can have, in place of the tenant of an unknown client."""
LONG_AGO: Final = datetime.fromisoformat("1970-01-01T00:00:00Z")
NO_ID: Final = lowest_id_at(LONG_AGO)
"""An id that no client has, in place of what can be none."""


@dataclass(frozen=True)
class ClientTokens:
    """The tokens of clients, whatever their tenant."""

    lookup: ClientLookup
    clients_of: Callable[[str], ClientRepository]
    pool: UserPool
    wrong: WrongSecrets
    now: Callable[[], datetime]
    clock: Clock = time.monotonic
    sleep: Sleep = time.sleep

    def make(self, sent: ClientCredentials, address: str) -> ClientToken:
        """Return a token; InvalidCredentialsError, TooManyRequestsError."""
        client_id = sent.client_id if is_id(sent.client_id) else NO_ID

        def work() -> ClientToken:
            tokens = self._tokens(client_id, sent.client_secret, address)
            return ClientToken(token=tokens.access, expires_in=tokens.expires_in)

        return padded(work, self.clock, self.sleep)

    def _tokens(self, client_id: str, secret: str, address: str) -> Tokens:
        tenant = self.lookup.tenant_of(client_id) or NO_TENANT
        clients = self.clients_of(tenant)
        client = clients.find(client_id)
        now = self.now()
        login = _open(client, secret, tenant, now)
        if client is None or login is None:
            self.wrong.count(client_id, address)
            raise refused()
        tokens = self._log_in(login)
        self._note(clients, client, now)
        return tokens

    def _log_in(self, login: Login) -> Tokens:
        try:
            tokens = self.pool.log_in(login.username, login.password)
        except InvalidCredentialsError:
            logger.warning("the pool does not know a client's user: rotate its secret")
            raise refused() from None
        if isinstance(tokens, Challenge):
            raise refused()  # somebody changed its password at the pool
        return tokens

    def _note(self, clients: ClientRepository, client: ClientRecord, now: datetime) -> None:
        """Note when a client was used, within the hour; that it cannot be noted hinders nobody."""
        before = now - NOTED_EACH
        if client.last_used_at is not None and client.last_used_at > before:
            return
        try:
            clients.touch(client.id, now, before)
        except (ClientError, BotoCoreError):
            logger.exception("did not note that a client was used")


def refused() -> InvalidCredentialsError:
    """Return the one answer to whoever gets no token, whatever the reason."""
    return InvalidCredentialsError("the client or the secret is not right")


def _open(client: ClientRecord | None, secret: str, tenant: str, now: datetime) -> Login | None:
    """Open a client's password with a secret; of none that is there, one that never opens."""
    there = client if client is not None and client.is_active else _nobody()
    login = there.login_for(secret, owner_of(tenant, there.id), now)
    return None if there is not client else login


@cache
def _nobody() -> ClientRecord:
    """Return a client that nobody has the secret of, as like a real one as can be."""
    sealed = seal(new_secret(), new_secret(), owner_of(NO_TENANT, NO_ID))
    return ClientRecord(
        id=NO_ID,
        name="nobody",
        role=Role.PARTICIPANT,
        secrets=(StoredSecret(username="nobody", password=sealed),),
        created_at=LONG_AGO,
        created_by="system",
    )


@cache
def client_tokens() -> ClientTokens:
    return ClientTokens(
        lookup=client_lookup(),
        clients_of=client_repository,
        pool=user_pool(),
        wrong=WrongSecrets(users_table(), utc_now),
        now=utc_now,
    )
