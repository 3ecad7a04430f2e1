"""Users over HTTP: made, listed, changed, named, and their passwords."""

from typing import Any

import pytest

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


def test_a_user_that_an_admin_makes_can_log_in(moto_stack: MotoStack):
    answer = register(moto_stack, "Ann", "editor", groups=["ops", "night", "ops"])

    assert answer.status == 201, answer.body
    assert answer.headers["location"] == f"{USERS}/ann"
    assert answer.headers["etag"] == '"1"'
    created = answer.body.pop("createdAt")
    assert created.endswith("Z")
    assert answer.body == {
        "username": "ann",
        "role": "editor",
        "groups": ["night", "ops"],
        "disabled": False,
        "provider": None,
    }
    session = log_in(moto_stack, "ANN")
    assert session.status == 200, session.body
    assert session.body["user"] == {
        "username": "ann", "role": "editor", "groups": ["night", "ops"]
    }  # fmt: skip
    assert session.body["tokenType"] == "Bearer"
    assert session.body["expiresIn"] == 3600
