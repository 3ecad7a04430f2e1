"""Machine clients as DynamoDB items: the row, the name that is taken, the look-up, the marks.

Look-ups and marks belong to no tenant, and name one: who sends an id and a secret has none yet.
"""

from collections.abc import Mapping
from typing import Any

from shared.auth.clients.models import ClientRecord, Disposal

Item = dict[str, Any]
DISPOSALS = "#client-disposals"


def client_partition(tenant: str) -> str:
    return f"{tenant}#clients"


def client_key(tenant: str, client_id: str) -> Item:
    return {"pk": client_partition(tenant), "sk": client_id}


def name_key(tenant: str, name: str) -> Item:
    return {"pk": f"{tenant}#client-names", "sk": name}


def lookup_key(client_id: str) -> Item:
    return {"pk": f"#client#{client_id}", "sk": "tenant"}


def disposal_key(disposal_id: str) -> Item:
    return {"pk": DISPOSALS, "sk": disposal_id}


def client_item(tenant: str, client: ClientRecord) -> Item:
    fields = client.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {**client_key(tenant, client.id), **fields}


def client_record(item: Mapping[str, Any]) -> ClientRecord:
    return ClientRecord.model_validate(_fields(item))


def name_item(tenant: str, client: ClientRecord) -> Item:
    return {**name_key(tenant, client.name), "id": client.id}


def lookup_item(tenant: str, client: ClientRecord) -> Item:
    return {**lookup_key(client.id), "tenant": tenant}


def disposal_item(disposal: Disposal) -> Item:
    return {**disposal_key(disposal.id), **disposal.model_dump(by_alias=True)}


def disposal_record(item: Mapping[str, Any]) -> Disposal:
    return Disposal.model_validate(_fields(item))


def secrets_value(client: ClientRecord) -> list[Item]:
    """Return the secrets of a client as its row has them."""
    fields: list[Item] = client_item("", client)["secrets"]
    return fields


def _fields(item: Mapping[str, Any]) -> Item:
    return {name: value for name, value in item.items() if name not in {"pk", "sk"}}
