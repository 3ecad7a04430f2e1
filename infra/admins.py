"""First admins of tenants, made by an operator who may invoke functions: no route makes them."""

import json
import secrets
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_lambda.client import LambdaClient

PASSWORD_BYTES = 18


class TenantError(Exception):
    """A tenant that was not made; the message says why."""


@dataclass(frozen=True)
class Login:
    """The name and the password of a user."""

    username: str
    password: str = field(repr=False)

    @classmethod
    def random(cls, username: str) -> "Login":
        """Make a password that nobody guesses: 24 characters of 144 bits."""
        return cls(username, secrets.token_urlsafe(PASSWORD_BYTES))


def make_tenant(functions: "LambdaClient", function: str, tenant: str, admin: Login) -> bool:
    """Make a tenant with its first admin; return False if there is one already, unchanged.

    `function` is the name of the function that keeps users. TenantError says what it said.
    """
    asked = {"tenant": tenant, "admin": asdict(admin)}
    answer = functions.invoke(FunctionName=function, Payload=json.dumps(asked))
    said = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        reason = str(said.get("errorMessage", said)).replace(admin.password, "******")
        raise TenantError(f"the tenant {tenant} was not made: {reason}")
    return bool(said["created"])
