"""The credentials that a turn may read: those that its revision names, as long as it lasts."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Protocol

from shared.expressions import CredentialUnavailableError
from shared.json_text import Json


class StoredCredential(Protocol):
    """A credential as it was found for an execution."""

    @property
    def value(self) -> Json | None:
        """The text or the map of texts; None where what is stored does not open."""
        ...

    def note_use(self) -> None:
        """Remember, best effort, that it was used."""
        ...


ReadCredentials = Callable[[str, str, Collection[str]], Mapping[str, StoredCredential]]
"""The function that reads credentials by tenant, namespace and names; those unknown are left out.

Raises UnavailableError while their store or their key is out of reach.
"""


def none_stored(
    _tenant: str, _namespace: str, _names: Collection[str]
) -> Mapping[str, StoredCredential]:
    """Find none, where there is no store of credentials."""
    return {}


class TurnCredentials:
    """The credentials of one turn; without `found` they could not be read, and none is told."""

    def __init__(self, found: Mapping[str, StoredCredential] | None) -> None:
        self._found = found
        self._used: set[str] = set()

    def find(self, name: str) -> Json | None:
        """Return a value, None if there is no such name; CredentialUnavailableError."""
        if self._found is None:
            raise CredentialUnavailableError(name)
        stored = self._found.get(name)
        if stored is None:
            return None
        if stored.value is None:
            raise CredentialUnavailableError(name)
        self._used.add(name)
        return stored.value

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that are masked, whether or not anything reads them in this turn."""
        found = (self._found or {}).values()
        return tuple(text for stored in found for text in _texts(stored.value))

    def note_uses(self) -> None:
        """Remember which were used; where that fails, it is left out."""
        for name in self._used:
            if self._found:
                self._found[name].note_use()


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from value.values()
