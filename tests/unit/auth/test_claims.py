"""Principals out of claims: what a token must say, and what it may not."""

from datetime import UTC, datetime

import pytest

from shared.auth.claims import principal_of
from shared.auth.principal import Principal, PrincipalKind, Role
from shared.errors import InvalidTokenError
from tests.support.events import claims_of

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
ENDS = datetime(2100, 1, 1, tzinfo=UTC)


def test_a_user_has_the_tenant_role_and_groups_of_the_token():
    claims = claims_of("ann", "editor", tenant="acme", groups=["ops", "night"])

    assert principal_of(claims, NOW) == Principal(
        tenant="acme",
        name="ann",
        kind=PrincipalKind.USER,
        role=Role.EDITOR,
        groups=frozenset({"ops", "night"}),
        expires_at=ENDS,
    )


@pytest.mark.parametrize(
    "username", ["client:acme:a.b", "client:acme:a.b:0123", "client:acme:a.b:"]
)
def test_a_machine_client_is_named_as_such_without_its_tenant(username: str):
    found = principal_of(claims_of(username, "executor", tenant="acme"), NOW)

    assert (found.name, found.kind) == ("client:a.b", PrincipalKind.CLIENT)


@pytest.mark.parametrize("username", ["client:", "client:acme", "client:acme:"])
def test_a_machine_client_has_a_name(username: str):
    with pytest.raises(InvalidTokenError):
        principal_of(claims_of(username, "executor", tenant="acme"), NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"token_use": "id"},
        {"token_use": "refresh"},
        {"token_use": ""},
        {"exp": ""},
        {"exp": "soon"},
        {"exp": "1e10"},
        {"exp": "99999999999999999999"},
        {"exp": "1795867200"},  # NOW itself
        {"exp": "-5"},
        {"username": ""},
        {"cognito:groups": ""},
        {"cognito:groups": "[]"},
        {"cognito:groups": "[role:admin]"},
        {"cognito:groups": "[role:admin tenant:acme#keys]"},
        {"cognito:groups": "[role:admin tenant:#usernames]"},
        {"cognito:groups": "[role:admin tenant:acme/a]"},
        {"cognito:groups": "[role:admin tenant:Acme]"},
        {"cognito:groups": f"[role:admin tenant:{'a' * 32}]"},
        {"cognito:groups": "[tenant:acme]"},
        {"cognito:groups": "[tenant:acme role:root]"},
        {"cognito:groups": "[tenant:acme tenant:other role:admin]"},
        {"cognito:groups": "[tenant:acme role:viewer role:admin]"},
        {"cognito:groups": "[tenant: role:admin]"},
    ],
)
def test_any_other_token_is_refused(change: dict[str, str]):
    with pytest.raises(InvalidTokenError):
        principal_of({**claims_of("ann", "admin"), **change}, NOW)


@pytest.mark.parametrize("missing", ["token_use", "exp", "username", "cognito:groups"])
def test_a_token_that_leaves_something_out_is_refused(missing: str):
    claims = {name: text for name, text in claims_of("ann", "admin").items() if name != missing}

    with pytest.raises(InvalidTokenError):
        principal_of(claims, NOW)
