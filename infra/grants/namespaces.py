"""`namespaces`, of the API: their rows stand among the flows; what is in them is counted."""

from infra.constructs.function import PlatformFunction
from infra.declarations import Function
from infra.resources import Resources


def _grant(function: PlatformFunction, on: Resources) -> None:
    function.may(
        "dynamodb:BatchGetItem",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        on=on.table("flows"),
    )
    function.may("dynamodb:Query", on=on.table("credentials"))
    function.may("dynamodb:Query", on=on.table("kv"))


FUNCTION = Function(
    variables=("CREDENTIALS_TABLE_NAME", "FLOWS_TABLE_NAME", "KV_TABLE_NAME"), grant=_grant
)
