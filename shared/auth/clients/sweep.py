"""The sweep of users of the pool that no secret needs any more, of all tenants.

Left over by who died while a client was made, rotated or deleted; or their secret is over.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from shared.auth.clients.models import Disposal, StoredSecret
from shared.auth.clients.repository import (
    ClientLookup,
    ClientRepository,
    client_lookup,
    client_repository,
)
from shared.auth.sweep import AFTER, MAX_MARKS, finish_all
from shared.auth.users.pool import UserPool, user_pool
from shared.times import utc_now


@dataclass(frozen=True)
class ClientSweep:
    """The end of what others left."""

    lookup: ClientLookup
    clients_of: Callable[[str], ClientRepository]
    pool: UserPool
    now: Callable[[], datetime]

    def run(self) -> int:
        """Look at what has been due for five minutes; return how much of it there was.

        One user that resists does not stop the others; RuntimeError at the end tells of it.
        """
        return finish_all(
            self.lookup.due(self.now() - AFTER, MAX_MARKS),
            self._finish,
            refusal="could not remove a user",
            told=lambda mark: {"client": mark.client_id},
        )

    def _finish(self, mark: Disposal) -> None:
        clients = self.clients_of(mark.tenant)
        client = clients.find(mark.client_id)
        if client is not None and not client.is_active:
            clients.remove(client)
        elif client is not None and mark.username in _users(client.live(self.now())):
            clients.settle(mark)
            return
        self.pool.delete(mark.username)
        clients.settle(mark)


def _users(secrets: Iterable[StoredSecret]) -> set[str]:
    return {each.username for each in secrets}


@cache
def client_sweep() -> ClientSweep:
    return ClientSweep(
        lookup=client_lookup(), clients_of=client_repository, pool=user_pool(), now=utc_now
    )
