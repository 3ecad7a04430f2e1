"""The use cases of credentials: make, show, write anew, delete; a value goes in and never out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from shared.credentials.items import KIND, Place
from shared.credentials.models import Credential, CredentialDraft, CredentialPatch
from shared.credentials.repository import CredentialRepository
from shared.credentials.values import Value, type_of, value_bytes
from shared.dynamodb import Write
from shared.errors import (
    CredentialNotFoundError,
    InUseError,
    NotSupportedYetError,
    Problem,
    UnavailableError,
)
from shared.idempotency.response_writer import NOT_KEYED, ResponseWriter
from shared.names import SYSTEM
from shared.paging import Page, decode_id, encode_cursor
from shared.secrets.envelope import Owner
from shared.secrets.sealing import Sealer
from shared.validation import check_if_match, invalid_at

T = TypeVar("T")

MAX_LOOKS = 4
"""A filtered page reads so many times before it answers, and has a next one."""
READ_AT_ONCE = 500

_TRIES = 5


Enter = Callable[[str, datetime], Sequence[Write]]
"""The function that gives the write with which a namespace comes to be, if it is not there."""


@dataclass(frozen=True)
class Use:
    """An active flow that names a credential."""

    flow_id: str
    flow_name: str
    namespace: str


@dataclass(frozen=True)
class CredentialService:
    """The credentials of one tenant; `used_by` finds the active flows that say `${NAME}`."""

    credentials: CredentialRepository
    sealer: Sealer
    used_by: Callable[[str], Sequence[Use]]
    enter: Enter
    now: Callable[[], datetime]
    new_id: Callable[[datetime], str]
    tenant: str

    def create(
        self, draft: CredentialDraft, keep: ResponseWriter[Credential] = NOT_KEYED
    ) -> Credential:
        """Store a new one; CredentialNameTakenError, NotSupportedYetError, UnavailableError."""
        _check_type(draft.type, draft.value)
        if draft.namespace == SYSTEM:
            raise invalid_at("namespace", "is the platform's own")
        now = self.now()
        credential = Credential(
            id=self.new_id(now),
            name=draft.name,
            type=type_of(draft.value),
            namespace=draft.namespace,
            description=draft.description or None,
            created_at=now,
            updated_at=now,
            version=1,
        )
        sealed = self._sealed(credential.id, draft.value)
        entry = self.enter(credential.namespace, now) if credential.namespace else ()
        self.credentials.add(credential, sealed, [*keep.write_with(credential), *entry])
        return credential

    def get(self, credential_id: str) -> Credential:
        """Return one; CredentialNotFoundError."""
        credential = self.credentials.find(credential_id)
        if credential is None:
            raise CredentialNotFoundError("there is no such credential")
        return credential

    def page(self, namespace: str | None, limit: int, cursor: str | None) -> Page[Credential]:
        """List credentials, of a namespace or all, newest first; a page may be short."""
        query = f"{self.tenant}/credentials/{namespace}"
        after = decode_id(cursor, query) if cursor is not None else None
        count = limit + 1 if namespace is None else READ_AT_ONCE
        shown: list[Credential] = []
        for _ in range(MAX_LOOKS):
            read = self.credentials.newest(count, after)
            for each in read:
                if namespace not in {None, each.namespace}:
                    continue
                if len(shown) == limit:
                    return Page(tuple(shown), encode_cursor(shown[-1].id, query))
                shown.append(each)
            if len(read) < count:
                return Page(tuple(shown))
            after = read[-1].id
        return Page(tuple(shown), encode_cursor(after, query) if after else None)

    def replace(
        self, credential_id: str, patch: CredentialPatch, if_match: str | None
    ) -> Credential:
        """Save the fields that were sent; a value is sealed anew, under a key of its own.

        CredentialNotFoundError, PreconditionFailedError, NotSupportedYetError, UnavailableError.
        """
        self._changed(self._stored(credential_id, if_match), patch)  # refused before KMS is asked
        sealed = None if patch.value is None else self._sealed(credential_id, patch.value)

        def attempt() -> Credential | None:
            old = self._stored(credential_id, if_match)
            new = self._changed(old, patch)
            if new is old:
                return old
            return new if self.credentials.replace(old, new, sealed) else None

        return _insist(attempt)

    def delete(self, credential_id: str, if_match: str | None, *, is_forced: bool) -> None:
        """Forget one; InUseError while active flows name it, unless that is to be so."""

        def attempt() -> bool | None:
            credential = self._stored(credential_id, if_match)
            if not is_forced:
                self._check_unused(credential)
            return self.credentials.remove(credential) or None

        _insist(attempt)

    def _changed(self, old: Credential, patch: CredentialPatch) -> Credential:
        _check_fixed(old, patch)
        if patch.value is None and patch.type not in {None, old.type}:
            raise invalid_at("type", "follows the value: send that too")
        if patch.value is None and patch.description is None:
            return old
        changes: dict[str, Any] = {
            "version": old.version + 1,
            "updated_at": max(self.now(), old.updated_at),
        }
        if patch.value is not None:
            _check_type(patch.type, patch.value)
            changes["type"] = type_of(patch.value)
        if patch.description is not None:
            changes["description"] = patch.description or None
        return old.model_copy(update=changes)

    def _check_unused(self, credential: Credential) -> None:
        uses = [each for each in self.used_by(credential.name) if _may_read(credential, each)]
        if uses and credential.namespace is None:
            uses = self._without_own(credential.name, uses)
        if uses:
            raise InUseError(
                f"active flows name {credential.name}: deactivate them, or delete with force=true",
                flows=[{"id": each.flow_id, "name": each.flow_name} for each in uses],
            )

    def _without_own(self, name: str, uses: Sequence[Use]) -> list[Use]:
        """Leave out the flows whose namespace has a credential of this name for itself."""
        places = {Place(each.namespace, name) for each in uses}
        own = self.credentials.sealed_values(places)
        return [each for each in uses if Place(each.namespace, name) not in own]

    def _stored(self, credential_id: str, if_match: str | None) -> Credential:
        credential = self.get(credential_id)
        check_if_match(if_match, credential.version)
        return credential

    def _sealed(self, credential_id: str, value: Value) -> bytes:
        return self.sealer.seal(value_bytes(value), Owner(self.tenant, KIND, credential_id))


def _may_read(credential: Credential, use: Use) -> bool:
    return credential.namespace in {None, use.namespace}


def _check_type(asked: str | None, value: Value) -> None:
    if asked == "oauth2":
        problem = Problem(path="type", message="oauth2 is not there yet: store a text or a map")
        raise NotSupportedYetError("the type is not supported yet", problems=[problem])
    if asked not in {None, type_of(value).value}:
        raise invalid_at("type", f"is {asked}, and the value is a {type_of(value).value}")


def _check_fixed(old: Credential, patch: CredentialPatch) -> None:
    fixed: Mapping[str, str | None] = {"id": old.id, "name": old.name, "namespace": old.namespace}
    for field, stored in fixed.items():
        sent = getattr(patch, field)
        if sent is not None and sent != stored:
            raise invalid_at(field, "stays as it is: make another credential, delete this one")


def _insist(attempt: Callable[[], T | None]) -> T:
    """Try again while somebody else writes in between: each try reads anew."""
    for _ in range(_TRIES):
        done = attempt()
        if done is not None:
            return done
    raise UnavailableError("the credential is being changed by others, try again")
