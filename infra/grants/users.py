"""`users`, of the API, of operators who make tenants, and of the sweep each five minutes."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets

from infra.constructs.function import PlatformFunction
from infra.declarations import Function
from infra.resources import ANSWERS, MEMBERSHIP, Resources

SWEEP = Duration.minutes(5)


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
    _sweep(function)


def _sweep(function: PlatformFunction) -> None:
    """Have the function finish what others began; a call that fails is made good by the next."""
    function.function.configure_async_invoke(retry_attempts=0, max_event_age=SWEEP)
    target = targets.LambdaFunction(
        function.function, event=events.RuleTargetInput.from_object({"sweep": True})
    )
    events.Rule(function, "Sweep", schedule=events.Schedule.rate(SWEEP), targets=[target])


FUNCTION = Function(
    variables=(
        "IDEMPOTENCY_TABLE_NAME",
        "USERS_TABLE_NAME",
        "USER_POOL_CLIENT_ID",
        "USER_POOL_ID",
    ),
    grant=_grant,
)
