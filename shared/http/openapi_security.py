"""The security of operations in the OpenAPI document, from the role matrix."""

from typing import Any

from shared.auth.policy import POLICY
from shared.auth.principal import Role
from shared.auth.roles import roles_that_include

BEARER: dict[str, Any] = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "The access token of `POST /auth/login` or `POST /auth/token`. The roles that "
    "may call an operation stand beside the scheme's name there.",
}


def security_of(route: str) -> list[dict[str, list[str]]]:
    """Return who may call a route: the roles, or no requirement at all."""
    access = POLICY[route]
    if access.least is None:
        return []
    roles = roles_that_include(access.least)
    more = (Role.PARTICIPANT,) if access.theirs and Role.PARTICIPANT not in roles else ()
    return [{"bearer": [role.value for role in (*more, *roles)]}]
