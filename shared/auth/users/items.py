"""Users as DynamoDB items: the row, its place in the list, the name that is taken, the marks.

Three partitions belong to no tenant, and begin with none: names, which are unique in the pool,
marks of what is unfinished, and counts of logins (`attempts.py`).
"""

from collections.abc import Mapping
from typing import Any

from shared.auth.users.models import Tenant, Unfinished, UserRecord

Item = dict[str, Any]
NAMES = "#usernames"
UNFINISHED = "#unfinished"


def user_partition(tenant: str) -> str:
    return f"{tenant}#users"


def list_partition(tenant: str) -> str:
    return f"{tenant}#user-ids"


def user_key(tenant: str, username: str) -> Item:
    return {"pk": user_partition(tenant), "sk": username}


def place_key(tenant: str, user_id: str) -> Item:
    return {"pk": list_partition(tenant), "sk": user_id}


def name_key(username: str) -> Item:
    return {"pk": NAMES, "sk": username}


def tenant_key(tenant: str) -> Item:
    return {"pk": f"{tenant}#tenant", "sk": "tenant"}


def mark_key(attempt: str) -> Item:
    return {"pk": UNFINISHED, "sk": attempt}


def user_item(tenant: str, user: UserRecord) -> Item:
    fields = user.model_dump(mode="json", by_alias=True)
    return {**user_key(tenant, user.username), **fields}


def user_record(item: Mapping[str, Any]) -> UserRecord:
    return UserRecord.model_validate(_fields(item))


def place_item(tenant: str, user: UserRecord) -> Item:
    return {**place_key(tenant, user.id), "username": user.username}


def name_item(tenant: str, user: UserRecord) -> Item:
    return {**name_key(user.username), "tenant": tenant}


def mark_item(mark: Unfinished) -> Item:
    return {**mark_key(mark.attempt), **mark.model_dump(by_alias=True)}


def mark_record(item: Mapping[str, Any]) -> Unfinished:
    return Unfinished.model_validate(_fields(item))


def tenant_record(item: Mapping[str, Any]) -> Tenant:
    return Tenant(acting_admins=int(item.get("actingAdmins", 0)), founder=item.get("founder"))


def _fields(item: Mapping[str, Any]) -> Item:
    return {name: value for name, value in item.items() if name not in {"pk", "sk"}}
