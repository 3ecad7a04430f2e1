"""Writes to DynamoDB that are made all or not at all."""

from collections.abc import Callable, Mapping, Sequence
from random import random
from typing import TYPE_CHECKING, Any

from shared.errors import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Write = Mapping[str, Any]
"""One entry of TransactWriteItems."""

BUSY = frozenset({"TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"})
"""Why a transaction was not made that may be made the next time: no SDK tries it again."""

TRIES = 12
MAX_PAUSE_SECONDS = 0.4
_FAILED = "ConditionalCheckFailed"


class Transactions:
    """Of one table; a write that names a table of its own goes there."""

    def __init__(self, table: "Table", sleep: Callable[[float], None]) -> None:
        self._table = table
        self._sleep = sleep

    def write(self, writes: Sequence[Write]) -> list[bool]:
        """Write all or nothing; which conditions failed, in order. Tried again while busy.

        Raises UnavailableError when that does not end.
        """
        client = self._table.meta.client
        requests: Any = [
            {kind: {"TableName": self._table.name, **request}}
            for write in writes
            for kind, request in write.items()
        ]
        for number in range(TRIES):
            try:
                client.transact_write_items(TransactItems=requests)
            except client.exceptions.TransactionCanceledException as error:
                reasons: list[Any] = error.response.get("CancellationReasons", [])
                codes = [reason.get("Code") for reason in reasons]
                if _FAILED in codes:
                    return [code == _FAILED for code in codes]
                if BUSY.isdisjoint(codes):
                    raise
                self._sleep(random() * min(MAX_PAUSE_SECONDS, 0.02 * 2**number))
            else:
                return [False] * len(writes)
        raise UnavailableError("the store is busy, try again")
