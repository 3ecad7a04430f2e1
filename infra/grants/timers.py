"""`timers`, which the queue calls; `Timers` allows it the queue."""

from infra.constructs.function import PlatformFunction
from infra.declarations import Function
from infra.resources import Resources


def _grant(function: PlatformFunction, on: Resources) -> None:
    function.may("dynamodb:GetItem", "dynamodb:UpdateItem", on=on.table("executions"))
    function.may("states:SendTaskSuccess", on=on.machine)


FUNCTION = Function(variables=("EXECUTIONS_TABLE_NAME",), seconds=30, grant=_grant)
