"""The names of credentials that there are, for checks of flows: read once, if any is asked for."""

from functools import cached_property

from shared.credentials.items import Place
from shared.credentials.repository import CredentialRepository

READ_AT_ONCE = 500


class KnownCredentials:
    """The names of one tenant's credentials, as they are when the first is asked for."""

    def __init__(self, credentials: CredentialRepository) -> None:
        self._credentials = credentials

    def knows(self, namespace: str, name: str) -> bool:
        """Tell whether a namespace has a credential of this name, or all have."""
        return not self._places.isdisjoint({Place(namespace, name), Place(None, name)})

    @cached_property
    def _places(self) -> frozenset[Place]:
        found: set[Place] = set()
        after: str | None = None
        while read := self._credentials.newest(READ_AT_ONCE, after):
            found.update(Place(each.namespace, each.name) for each in read)
            after = read[-1].id
            if len(read) < READ_AT_ONCE:
                break
        return frozenset(found)
