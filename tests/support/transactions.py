"""A table in memory whose transactions are cancelled as told."""

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError


class CancelledError(ClientError):
    """The error of a transaction that was cancelled: a code for each of its writes."""

    def __init__(self, *codes: str) -> None:
        reasons = [{"Code": code} for code in codes]
        super().__init__({"CancellationReasons": reasons}, "TransactWriteItems")  # type: ignore[typeddict-item]  # enough of it


class CancellingTable:
    """A table whose transactions fail as told, one after the other, and then succeed.

    `requests` are all that were sent, `written` those that succeeded.
    """

    name = "t"

    def __init__(self, *failures: Sequence[str]) -> None:
        self._failures = iter(failures)
        self.requests: list[Any] = []
        self.written: list[Any] = []
        self.meta: Any = self
        self.client: Any = self
        self.exceptions: Any = self
        self.TransactionCanceledException = CancelledError

    def transact_write_items(self, **request: Any) -> None:
        self.requests.append(request["TransactItems"])
        codes = next(self._failures, None)
        if codes is not None:
            raise CancelledError(*codes)
        self.written.append(request["TransactItems"])
