"""The sealer of who seldom needs one: its cryptography is imported with the first secret."""

from typing import Protocol

from shared.secrets.envelope import Owner


class Seals(Protocol):
    """The sealer of secrets for their owner, and their opener, as `shared.secrets.sealing` says."""

    def seal(self, secret: bytes, owner: Owner) -> bytes: ...

    def open(self, value: bytes, owner: Owner) -> bytes: ...


class DeferredSealer:
    """The process's sealer, made when it is first used."""

    def seal(self, secret: bytes, owner: Owner) -> bytes:
        """Return a secret sealed; UnavailableError."""
        return _sealer().seal(secret, owner)

    def open(self, value: bytes, owner: Owner) -> bytes:
        """Return the secret of a sealed value; BrokenSealError, UnavailableError."""
        return _sealer().open(value, owner)


def _sealer() -> Seals:
    # Importing cryptography takes longer than most starts and turns, of which few have a secret.
    from shared.secrets.sealing import sealer  # noqa: PLC0415

    return sealer()
