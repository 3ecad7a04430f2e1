"""The values of credentials for what runs: the only reader of them, in memory alone."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from botocore.exceptions import BotoCoreError, ClientError

from shared.credentials.items import KIND, Place, SealedValue
from shared.credentials.repository import (
    USE_NOTED_EVERY,
    CredentialRepository,
    credential_repository,
)
from shared.credentials.values import Value, value_of
from shared.errors import UnavailableError
from shared.observability import logger
from shared.secrets.envelope import BrokenSealError, Owner
from shared.secrets.sealing import Sealer, sealer
from shared.times import utc_now

MAX_REMEMBERED = 10_000
"""The credentials whose last use a process remembers, not to ask the table each time."""


@dataclass(frozen=True)
class FoundCredential:
    """A credential that was read; its value is None where what is stored does not open."""

    value: Value | None = field(repr=False)
    note_use: Callable[[], None] = field(repr=False)


class CredentialResolver:
    """The resolver of names: those of a namespace first, then those for all."""

    def __init__(
        self,
        credentials: Callable[[str], CredentialRepository],
        sealer: Sealer,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._credentials = credentials
        self._sealer = sealer
        self._now = now
        self._noted: dict[str, datetime] = {}

    def read(
        self, tenant: str, namespace: str, names: Collection[str]
    ) -> Mapping[str, FoundCredential]:
        """Read values by their names, those that are not stored left out; UnavailableError."""
        places = [Place(scope, name) for name in sorted(names) for scope in (namespace, None)]
        try:
            stored = self._credentials(tenant).sealed_values(places)
        except (ClientError, BotoCoreError) as error:
            logger.warning("credentials are out of reach", extra={"kind": type(error).__name__})
            raise UnavailableError("credentials cannot be read now, try again") from None
        chosen = {place.name: stored[place] for place in reversed(places) if place in stored}
        return {name: self._opened(tenant, value) for name, value in chosen.items()}

    def _opened(self, tenant: str, stored: SealedValue) -> FoundCredential:
        owner = Owner(tenant, KIND, stored.credential_id)
        value = None
        try:
            value = value_of(self._sealer.open(stored.sealed, owner))
        except BrokenSealError:
            logger.exception("a stored credential does not open", extra={"id": owner.id})
        return FoundCredential(value, lambda: self._note_use(tenant, owner.id))

    def _note_use(self, tenant: str, credential_id: str) -> None:
        """Write when a credential was used, once an hour at most; a failure is let be."""
        now, noted = self._now(), self._noted.get(credential_id)
        if noted and now - noted < USE_NOTED_EVERY:
            return
        if len(self._noted) >= MAX_REMEMBERED:
            self._noted.clear()
        self._noted[credential_id] = now
        try:
            self._credentials(tenant).note_use(credential_id, now)
        except (ClientError, BotoCoreError):
            logger.warning("the use of a credential was not noted", extra={"id": credential_id})


@cache
def credential_resolver() -> CredentialResolver:
    return CredentialResolver(credential_repository, sealer())
