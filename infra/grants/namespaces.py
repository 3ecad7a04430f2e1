"""`namespaces`, of the API: their rows stand in the table of flows; keys are counted in theirs."""

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
    function.may("dynamodb:Query", on=on.table("kv"))


FUNCTION = Function(variables=("FLOWS_TABLE_NAME", "KV_TABLE_NAME"), grant=_grant)
