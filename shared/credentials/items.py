"""Credentials as DynamoDB items: what is shown, by id, and what is sealed, by name."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from shared.credentials.models import Credential

Item = dict[str, Any]
Key = dict[str, str]

KIND: Final = "credential"
"""The kind of secret in the encryption context: who may decrypt it is said by kind."""

_EVERYWHERE = "*"
"""The place in a key of the namespace that those for all do not have; no namespace has it."""


class Place(NamedTuple):
    """The name of a credential in a namespace, or in none for all of them."""

    namespace: str | None
    name: str


class SealedValue(NamedTuple):
    """A value as it is stored, and the id of its credential."""

    credential_id: str
    sealed: bytes


def partition(tenant: str) -> str:
    return f"{tenant}#credentials"


def credential_key(tenant: str, credential_id: str) -> Key:
    return {"pk": partition(tenant), "sk": credential_id}


def values_partition(tenant: str) -> str:
    return f"{tenant}#credential-values"


def value_key(tenant: str, place: Place) -> Key:
    """Return the key of a value: names are unique by it."""
    scope = place.namespace or _EVERYWHERE
    return {"pk": values_partition(tenant), "sk": f"{scope}/{place.name}"}


def place_of(item: Mapping[str, Any]) -> Place:
    """Return the place that the key of a value names."""
    scope, _, name = str(item["sk"]).rpartition("/")
    return Place(None if scope == _EVERYWHERE else scope, name)


def credential_item(tenant: str, credential: Credential) -> Item:
    shown = credential.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {
        **credential_key(tenant, shown.pop("id")),
        **shown,
        "version": credential.version,
    }


def credential_of(item: Mapping[str, Any]) -> Credential:
    fields = {name: value for name, value in item.items() if name not in {"pk", "sk"}}
    return Credential.model_validate(
        {"id": item["sk"], **fields, "version": int(fields["version"])}
    )


def value_item(tenant: str, place: Place, value: SealedValue) -> Item:
    return {
        **value_key(tenant, place),
        "credentialId": value.credential_id,
        "sealed": value.sealed,
    }


def sealed_value(item: Mapping[str, Any]) -> SealedValue:
    return SealedValue(str(item["credentialId"]), bytes(item["sealed"]))
