"""The secrets that inputs hold, as they are stored: sealed for its execution, opened for turns.

Sealed together are the SECRET inputs, other inputs that hold one, and what the parent's handed
down to be masked: one value, one call of KMS, however many there are (ADR 41).
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from functools import cache
from threading import Lock
from typing import Any, Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from shared.errors import UnavailableError
from shared.executions.models import Execution, SealedInputs
from shared.executions.store.payloads import PayloadStore, payload_store
from shared.json_text import compact
from shared.secrets.deferred import DeferredSealer, Seals
from shared.secrets.envelope import BrokenSealError, Owner

KIND: Final = "execution"
"""The kind of secret in the encryption context: who may decrypt it is said by kind."""

MAX_REMEMBERED: Final = 100
"""The opened values that a process keeps, so that the turns of an execution ask KMS once."""
MAX_REMEMBERED_BYTES: Final = 8_000_000


def with_sealed_inputs(sealer: Seals, execution: Execution) -> Execution:
    """Return an execution that holds no secret in clear; UnavailableError.

    One that has none asks nobody. What it has of another's is left: it is sealed already.
    """
    secrets, hidden = execution.secrets, execution.hidden_inputs
    inherited = execution.inherited_secrets
    if not (secrets or hidden or inherited):
        return execution
    parts = {"secrets": secrets, "hidden": hidden, "inherited": inherited}
    owner = Owner(execution.tenant, KIND, execution.id)
    value = sealer.seal(compact(parts).encode(), owner)
    sealed = SealedInputs(owner_id=execution.id, value=value)
    return execution.model_copy(
        update={
            "secrets": {},
            "hidden_inputs": {},
            "inherited_secrets": (),
            "sealed": (*execution.sealed, sealed),
        }
    )


class _Place(NamedTuple):
    """The name of an opened value: whose it is, and exactly which bytes were opened."""

    owner: Owner
    digest: str


class InputOpener:
    """The opener of sealed inputs; what it has opened it keeps a while, in memory alone.

    Kept under its owner, tenant included, and the digest of the very bytes: what is found is what
    opening these bytes for this owner would give.
    """

    def __init__(self, sealer: Seals, payloads: PayloadStore) -> None:
        self._sealer = sealer
        self._payloads = payloads
        self._remembered: OrderedDict[_Place, bytes] = OrderedDict()
        self._lock = Lock()

    def opened(self, execution: Execution) -> Execution:
        """Return an execution with its secrets in memory; BrokenSealError, UnavailableError.

        One without any, or of a release that did not seal them, is returned as it is.
        """
        if not execution.sealed or execution.is_opened:
            return execution
        parts = [json.loads(self._secret(execution.tenant, each)) for each in execution.sealed]
        inherited = (each for part in parts for each in part["inherited"])
        return execution.model_copy(
            update={
                "secrets": _merged(part["secrets"] for part in parts),
                "hidden_inputs": _merged(part["hidden"] for part in parts),
                "inherited_secrets": tuple(dict.fromkeys(inherited)),
                "is_opened": True,
            }
        )

    def _secret(self, tenant: str, sealed: SealedInputs) -> bytes:
        owner = Owner(tenant, KIND, sealed.owner_id)
        # The name of an object is made of the digest of its bytes.
        named = sealed.stored.key if sealed.stored else _digest(sealed.value or b"")
        place = _Place(owner, named)
        with self._lock:
            if place in self._remembered:
                self._remembered.move_to_end(place)
                return self._remembered[place]
        secret = self._sealer.open(self._bytes(sealed), owner)
        self._remember(place, secret)
        return secret

    def _bytes(self, sealed: SealedInputs) -> bytes:
        if sealed.stored is None:
            return sealed.value or b""
        try:
            return self._payloads.get_bytes(sealed.stored)
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] == "NoSuchKey":
                raise BrokenSealError("the sealed value is gone") from None
            raise UnavailableError("sealed inputs cannot be read now, try again") from error

    def _remember(self, place: _Place, secret: bytes) -> None:
        with self._lock:
            self._remembered[place] = secret
            while self._remembered and not self._has_room():
                self._remembered.popitem(last=False)

    def _has_room(self) -> bool:
        size = sum(map(len, self._remembered.values()))
        return len(self._remembered) <= MAX_REMEMBERED and size <= MAX_REMEMBERED_BYTES


def _digest(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()


def _merged(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {name: value for part in parts for name, value in part.items()}


@cache
def input_opener() -> InputOpener:
    return InputOpener(DeferredSealer(), payload_store())
