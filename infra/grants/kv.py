"""`kv`, of the API."""

from infra.constructs.function import PlatformFunction
from infra.declarations import Function
from infra.resources import KEYS, Resources


def _grant(function: PlatformFunction, on: Resources) -> None:
    function.may(*KEYS, on=on.table("kv"))


FUNCTION = Function(variables=("KV_TABLE_NAME",), grant=_grant)
