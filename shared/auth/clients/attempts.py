"""A limit on wrong secrets, by client and address together; right ones are never counted.

The counts belong to no tenant, for who logs in has none yet.
"""

import hashlib
import math
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from shared.auth.users.attempts import WINDOW, end_of, network_of, window_at
from shared.errors import TooManyRequestsError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

MAX_WRONG: Final = 20
"""Wrong secrets for a client from an address in a window."""


class WrongSecrets:
    """The counts of wrong secrets."""

    def __init__(self, table: "Table", now: Callable[[], datetime]) -> None:
        self._table = table
        self._now = now

    def count(self, client_id: str, address: str) -> None:
        """Count a wrong secret, for a client that may be none; TooManyRequestsError."""
        now = self._now()
        window = window_at(now)
        ends = end_of(window)
        values = {":one": 1, ":most": MAX_WRONG, ":at": int((ends + WINDOW).timestamp())}
        try:
            self._table.update_item(
                Key={"pk": _partition(client_id, address), "sk": str(window)},
                UpdateExpression="ADD wrong :one SET expiresAt = :at",
                ConditionExpression="attribute_not_exists(wrong) OR wrong < :most",
                ExpressionAttributeValues=values,
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            left = max(1, math.ceil((ends - now).total_seconds()))
            raise TooManyRequestsError(
                "too many wrong secrets, try again later", retry_after_seconds=left
            ) from None


def _partition(client_id: str, address: str) -> str:
    subject = f"{client_id} {network_of(address)}"
    return f"#wrong-secrets#{hashlib.sha256(subject.encode()).hexdigest()}"
