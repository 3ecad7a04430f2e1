"""`flows`, of the API."""

from infra.constructs.function import PlatformFunction
from infra.declarations import Function
from infra.resources import ANSWERS, Resources


def _grant(function: PlatformFunction, on: Resources) -> None:
    function.may(
        "dynamodb:BatchGetItem",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        on=on.table("flows"),
    )
    function.may("dynamodb:Query", on=on.table("credentials"))  # which names a check knows
    # Deleting a flow puts and starts the execution that cancels those of the flow.
    function.may("dynamodb:Query", on=on.index("executions", "open"))
    function.may("dynamodb:PutItem", on=on.table("executions"))
    function.may("states:StartExecution", on=on.machine)
    function.may(*ANSWERS, on=on.table("idempotency"))


FUNCTION = Function(
    variables=(
        "CREDENTIALS_TABLE_NAME",
        "EXECUTIONS_TABLE_NAME",
        "FLOWS_TABLE_NAME",
        "IDEMPOTENCY_TABLE_NAME",
        "STATE_MACHINE_ARN",
    ),
    grant=_grant,
)
