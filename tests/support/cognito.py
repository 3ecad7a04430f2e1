"""A pool of users on moto, and what moto does otherwise than Cognito put right."""

from typing import Any

import boto3
import pytest
from moto.cognitoidp.exceptions import NotAuthorizedError
from moto.cognitoidp.models import CognitoIdpUserPool, cognitoidp_backends
from moto.cognitoidp.responses import CognitoIdpResponse

from tests.support.template import ACCOUNT, REGION

POLICY = {
    "MinimumLength": 12,
    "RequireUppercase": False,
    "RequireLowercase": False,
    "RequireNumbers": False,
    "RequireSymbols": False,
}


def make_pool(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Make an empty pool with its client; return the variables that name them."""
    _put_right(monkeypatch)
    client: Any = boto3.client("cognito-idp", region_name=REGION)
    pool = client.create_user_pool(
        PoolName="users",
        Policies={"PasswordPolicy": POLICY},
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
    )["UserPool"]["Id"]
    made = client.create_user_pool_client(UserPoolId=pool, ClientName="headrace")
    return {"USER_POOL_ID": pool, "USER_POOL_CLIENT_ID": made["UserPoolClient"]["ClientId"]}


def pool_users(pool_id: str) -> dict[str, Any]:
    """The users of a pool, by name, as moto keeps them."""
    users: dict[str, Any] = cognitoidp_backends[ACCOUNT][REGION].user_pools[pool_id].users
    return users


def _put_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse refresh tokens that are none, or of a disabled user; know RevokeToken."""
    refresh = CognitoIdpUserPool.create_tokens_from_refresh_token

    def refreshed(pool: Any, token: str) -> Any:
        found = pool.refresh_tokens.get(token)
        if found is None or not pool.users[found[1]].enabled:
            raise NotAuthorizedError("Refresh Token has been revoked")
        return refresh(pool, token)

    def revoke_token(response: Any) -> str:
        token = response._get_param("Token")
        for pool in cognitoidp_backends[ACCOUNT][REGION].user_pools.values():
            if token in pool.refresh_tokens:
                pool.refresh_tokens[token] = None
        return "{}"

    monkeypatch.setattr(CognitoIdpUserPool, "create_tokens_from_refresh_token", refreshed)
    monkeypatch.setattr(CognitoIdpResponse, "revoke_token", revoke_token, raising=False)
