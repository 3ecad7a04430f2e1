"""Machine clients over HTTP, for tests: made by an admin of the tenant `acme`, and logged in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from shared.auth.clients import items
from shared.ids import new_id
from tests.support.cognito import pool_users
from tests.support.events import claims_of
from tests.support.stack import Answer, MotoStack

ADMIN = claims_of("root", "admin", tenant="acme")
CLIENTS = "/api/v1/clients"


def ask_for_client(
    stack: MotoStack, name: str = "billing", role: str = "executor", headers: Any = None
) -> Answer:
    body = {"name": name, "role": role}
    return stack.api("POST", CLIENTS, body, headers, claims=ADMIN)


def made(stack: MotoStack, name: str = "billing", role: str = "executor") -> Any:
    answer = ask_for_client(stack, name, role)
    assert answer.status == 201, answer.body
    return answer.body


def token(stack: MotoStack, client: Any, secret: str | None = None) -> Answer:
    sent = client["clientSecret"] if secret is None else secret
    body = {"clientId": client["clientId"], "clientSecret": sent}
    return stack.api("POST", "/auth/token", body, claims=None)


def rotate(stack: MotoStack, client: Any, headers: Any = None, claims: Any = ADMIN) -> Answer:
    path = f"{CLIENTS}/{client['clientId']}/rotate"
    return stack.api("POST", path, None, headers, claims=claims)


def delete(stack: MotoStack, client: Any, headers: Any = None, claims: Any = ADMIN) -> Answer:
    return stack.api("DELETE", f"{CLIENTS}/{client['clientId']}", None, headers, claims=claims)


def listed(stack: MotoStack, claims: Any = ADMIN) -> list[Any]:
    return list(stack.api("GET", CLIENTS, claims=claims).body)


def sweep(stack: MotoStack) -> int:
    return int(stack.invoke("clients", {"sweep": True})["swept"])


def in_pool(stack: MotoStack) -> set[str]:
    """The names of clients' users that the pool has."""
    users = pool_users(stack.environment["USER_POOL_ID"])
    return {name for name in users if name.startswith("client:")}


def table(stack: MotoStack) -> Any:
    return boto3.resource("dynamodb").Table(stack.environment["USERS_TABLE_NAME"])


def rows(stack: MotoStack) -> list[Any]:
    """All rows but counts of logins."""
    found = table(stack).scan()["Items"]
    return [each for each in found if not each["pk"].startswith("#wrong-secrets")]


def marks(stack: MotoStack) -> list[Any]:
    return [each for each in rows(stack) if each["pk"] == items.DISPOSALS]


def let_pass(stack: MotoStack, time: timedelta) -> None:
    """Make older what clients are about: what they were made, replaced and marked at."""
    for row in rows(stack):
        if row["pk"] == items.DISPOSALS:
            table(stack).delete_item(Key=items.disposal_key(row["sk"]))
            at = new_id(_of_id(row["sk"]) - time)
            table(stack).put_item(Item={**row, "sk": at, "id": at})
        elif row["pk"].endswith("#clients"):
            table(stack).put_item(Item=_older(row, time))


def _older(row: Any, time: timedelta) -> Any:
    """A client's row with its times moved; its id stays, for it is known."""
    secrets = [_moved(each, ("until",), time) for each in row["secrets"]]
    return {**_moved(row, ("createdAt", "lastUsedAt"), time), "secrets": secrets}


def _moved(fields: Any, names: tuple[str, ...], time: timedelta) -> Any:
    told = {name: datetime.fromisoformat(fields[name]) for name in names if name in fields}
    return fields | {
        name: (at - time).isoformat(timespec="milliseconds") for name, at in told.items()
    }


def _of_id(id_: str) -> datetime:
    milliseconds = int(id_.replace("-", "")[:12], 16)
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
