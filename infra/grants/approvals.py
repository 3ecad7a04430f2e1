"""`approvals`, of the API."""

from infra.constructs.function import PlatformFunction
from infra.declarations import Function
from infra.resources import ANSWERS, Resources


def _grant(function: PlatformFunction, on: Resources) -> None:
    function.may(
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        on=on.table("approvals"),
    )
    function.may("dynamodb:Query", on=on.index("approvals", "recent"))
    function.may("dynamodb:UpdateItem", on=on.table("executions"))
    function.may("states:SendTaskSuccess", on=on.machine)
    function.may(*ANSWERS, on=on.table("idempotency"))


FUNCTION = Function(
    variables=("APPROVALS_TABLE_NAME", "EXECUTIONS_TABLE_NAME", "IDEMPOTENCY_TABLE_NAME"),
    grant=_grant,
)
