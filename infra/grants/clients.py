"""`clients`, of the API, and of the sweep each five minutes."""

from infra.constructs.function import PlatformFunction
from infra.declarations import Function
from infra.resources import ANSWERS, Resources


def _grant(function: PlatformFunction, on: Resources) -> None:
    function.may(
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        on=on.table("users"),
    )
    function.may(
        "cognito-idp:AdminAddUserToGroup",
        "cognito-idp:AdminCreateUser",
        "cognito-idp:AdminDeleteUser",
        "cognito-idp:AdminListGroupsForUser",
        "cognito-idp:AdminSetUserPassword",
        "cognito-idp:CreateGroup",
        on=on.pool,
    )
    function.may(*ANSWERS, on=on.table("idempotency"))
    # To remove what others left.
    function.sweeps()


FUNCTION = Function(
    variables=(
        "IDEMPOTENCY_TABLE_NAME",
        "USERS_TABLE_NAME",
        "USER_POOL_CLIENT_ID",
        "USER_POOL_ID",
    ),
    grant=_grant,
)
