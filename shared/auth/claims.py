"""Principals out of the claims of an access token, whose signature the gateway has checked."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from shared.auth.principal import Principal, PrincipalKind, Role
from shared.errors import InvalidTokenError

Claims = Mapping[str, str]

CLIENT = "client:"
"""The beginning of a client's name, and of its users' in the pool: `client:acme:billing:…`."""
ROLE, TENANT, GROUP = "role:", "tenant:", "group:"
"""The beginnings of the groups of a pool that say a user's role, tenant, and groups of ours."""
TENANT_PATTERN = r"^[a-z0-9][a-z0-9-]{0,30}$"
"""The form of a tenant's name: keys of all tables begin with it, and `#` ends it there."""
OURS = (GROUP, ROLE, TENANT)


def principal_of(claims: Claims, now: datetime) -> Principal:
    """Return who an access token was made for; InvalidTokenError for any other token.

    `claims` are as API Gateway passes them on: texts, groups as `[role:editor tenant:acme]`. The
    gateway takes tokens of other uses too, and the local one those without an end.
    """
    if claims.get("token_use") != "access":
        raise InvalidTokenError("this is no access token")
    ends = _end_of(claims)
    if ends is None or ends <= now:
        raise InvalidTokenError("the token is over: log in again")
    groups = claims.get("cognito:groups", "").strip("[]").split()
    tenant, role = _only(groups, TENANT), _only(groups, ROLE)
    username = claims.get("username", "")
    name = _name_of(username)
    is_tenant = tenant is not None and re.fullmatch(TENANT_PATTERN, tenant)
    if not (tenant and is_tenant and name) or role not in set(Role):
        raise InvalidTokenError("the token names no user, tenant or role")
    return Principal(
        tenant=tenant,
        name=name,
        kind=PrincipalKind.CLIENT if username.startswith(CLIENT) else PrincipalKind.USER,
        role=Role(role),
        groups=frozenset(_all(groups, GROUP)),
        expires_at=ends,
    )


def _end_of(claims: Claims) -> datetime | None:
    text = claims.get("exp", "")
    if not (text.isascii() and text.isdecimal() and len(text) <= 11):
        return None
    return datetime.fromtimestamp(int(text), UTC)


def _name_of(username: str) -> str:
    """Return a caller's name: a client's users carry its tenant too, and what tells them apart."""
    if not username.startswith(CLIENT):
        return username
    name = username.split(":")[2:3]
    return CLIENT + name[0] if any(name) else ""


def _only(groups: list[str], prefix: str) -> str | None:
    found = _all(groups, prefix)
    return found[0] if len(found) == 1 else None


def _all(groups: list[str], prefix: str) -> list[str]:
    return [each.removeprefix(prefix) for each in groups if each.startswith(prefix)]
