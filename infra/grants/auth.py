"""`auth`, of the API: it logs users in and makes them.

GetUser and RevokeToken take a token in place of a grant.
"""

from infra.constructs.function import PlatformFunction
from infra.declarations import Function
from infra.resources import ANSWERS, MEMBERSHIP, Resources


def _grant(function: PlatformFunction, on: Resources) -> None:
    function.may(
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        on=on.table("users"),
    )
    function.may(
        *MEMBERSHIP,
        "cognito-idp:AdminInitiateAuth",
        "cognito-idp:AdminRespondToAuthChallenge",
        on=on.pool,
    )
    function.may(*ANSWERS, on=on.table("idempotency"))


FUNCTION = Function(
    variables=(
        "HEADRACE_BOOTSTRAP",
        "IDEMPOTENCY_TABLE_NAME",
        "USERS_TABLE_NAME",
        "USER_POOL_CLIENT_ID",
        "USER_POOL_ID",
    ),
    grant=_grant,
)
