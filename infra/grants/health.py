"""`health`, of the API: it tells whether a table can be read."""

from infra.constructs.function import PlatformFunction
from infra.declarations import Function
from infra.resources import Resources


def _grant(function: PlatformFunction, on: Resources) -> None:
    function.may("dynamodb:GetItem", on=on.table("flows"))


FUNCTION = Function(variables=("FLOWS_TABLE_NAME", "HEADRACE_STAGE"), grant=_grant)
