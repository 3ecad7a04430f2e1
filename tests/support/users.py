"""Users over HTTP, for tests: made by an admin of the tenant `acme`, and logged in."""

from typing import Any

from botocore.exceptions import ClientError

from shared.auth.users.tokens import claims_in
from tests.support.events import claims_of
from tests.support.stack import Answer, MotoStack

PASSWORD = "correct horse battery"
OTHER = "staple horse battery"
ADMIN = claims_of("root", "admin", tenant="acme")
USERS = "/api/v1/users"


def code(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body["code"]


def register(stack: MotoStack, name: str = "ann", role: str = "viewer", **more: Any) -> Answer:
    claims, headers = more.pop("claims", ADMIN), more.pop("headers", None)
    body = {"username": name, "password": PASSWORD, "role": role, **more}
    return stack.api("POST", "/auth/register", body, headers, claims=claims)


def made(stack: MotoStack, name: str = "ann", role: str = "viewer", **more: Any) -> Any:
    answer = register(stack, name, role, **more)
    assert answer.status == 201, answer.body
    return answer.body


def log_in(stack: MotoStack, name: str = "ann", password: str = PASSWORD, **more: Any) -> Answer:
    body = {"username": name, "password": password, **more}
    return stack.api("POST", "/auth/login", body, claims=None)


def refresh(stack: MotoStack, token: str) -> Answer:
    return stack.api("POST", "/auth/refresh", {"refreshToken": token}, claims=None)


def groups_in(token: str) -> list[str]:
    return sorted(claims_in(token)["cognito:groups"].strip("[]").split())


def refused_by_cognito(name: str, status: int = 400) -> ClientError:
    told: Any = {
        "Error": {"Code": name, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}
    }  # fmt: skip
    return ClientError(told, "Call")
