"""`users`, of the API, of operators who make tenants, and of the sweep each five minutes."""

from infra.constructs.function import PlatformFunction
from infra.declarations import Function
from infra.resources import ANSWERS, MEMBERSHIP, Resources


def _grant(function: PlatformFunction, on: Resources) -> None:
    function.may(
        "dynamodb:BatchGetItem",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        on=on.table("users"),
    )
    # One's own password is proven by a login with the current one.
    function.may(*MEMBERSHIP, "cognito-idp:AdminInitiateAuth", on=on.pool)
    function.may(*ANSWERS, on=on.table("idempotency"))
    # To finish what others began.
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
