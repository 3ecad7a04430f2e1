"""Claims of idempotency keys: each names the execution to be.

A claim is put before the execution. Whoever comes with the same key, at the same time or after a
crash, finds it and completes the same execution: the same id, the same time, the same revision.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from shared.aws import table
from shared.config import IdempotencyTableSettings, settings
from shared.idempotency.keys import KEPT, check_fingerprint, sealed
from shared.times import from_rfc3339, to_rfc3339

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


@dataclass(frozen=True)
class Claim:
    """The meaning of a key: the fingerprint of its payload, and the execution it started."""

    scope: str
    fingerprint: str
    execution_id: str
    flow_id: str
    revision: int
    created_at: datetime

    def check(self, fingerprint: str) -> None:
        """Refuse another payload under the same key."""
        check_fingerprint(fingerprint, known=self.fingerprint)


class IdempotencyRepository:
    def __init__(self, table: "Table") -> None:
        self._table = table

    def find(self, scope: str, *, now: datetime) -> Claim | None:
        """Return the claim on a key; an expired one counts as none, removed already or not."""
        item = self._table.get_item(Key={"id": scope}, ConsistentRead=True).get("Item")
        if item is None or int(str(item["expiresAt"])) <= now.timestamp():
            return None
        return Claim(
            scope=scope,
            fingerprint=str(item["fingerprint"]),
            execution_id=str(item["executionId"]),
            flow_id=str(item["flowId"]),
            revision=int(str(item["revision"])),
            created_at=from_rfc3339(str(item["createdAt"])),
        )

    def claim(self, claim: Claim) -> Claim:
        """Put a claim, or get the one that was there first."""
        now = claim.created_at
        try:
            self._table.put_item(
                Item={
                    "id": claim.scope,
                    "fingerprint": sealed(claim.fingerprint),
                    "executionId": claim.execution_id,
                    "flowId": claim.flow_id,
                    "revision": claim.revision,
                    "createdAt": to_rfc3339(now),
                    "expiresAt": int((now + KEPT).timestamp()),
                },
                ConditionExpression="attribute_not_exists(id) OR expiresAt <= :now",
                ExpressionAttributeValues={":now": int(now.timestamp())},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            first = self.find(claim.scope, now=now)
            # Only a clock that runs apart sees a claim both taken and expired; the next try wins.
            return first or self.claim(claim)
        return claim


@cache
def claim_repository() -> IdempotencyRepository:
    return IdempotencyRepository(table(settings(IdempotencyTableSettings).idempotency_table_name))
