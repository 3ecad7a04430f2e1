"""Answers kept under idempotency keys: who may try, and what the first try answered.

A key's item is a claim while somebody tries (`attempt`, `lockedUntil`), then an answer (`answer`).
Whoever tries has a token; an attempt that was overtaken can neither answer nor have an effect, for
the effect is in one transaction with the answer, and that asks for the token.
"""

import bz2
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from shared.aws import table
from shared.config import IdempotencyTableSettings, settings
from shared.dynamodb import Write
from shared.errors import IdempotencyInProgressError
from shared.idempotency.keys import KEPT, check_fingerprint, sealed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

PACK_HARDER_ABOVE_BYTES = 300_000
"""A long description stands in a flow twice, too far apart for zlib; an item holds 400 KB."""

OVERTAKEN = "a repeat of this request was faster"

_IS_FREE = "attribute_not_exists(id) OR expiresAt <= :now OR lockedUntil <= :now"
_IS_MINE = "attempt = :mine"


@dataclass(frozen=True)
class StoredResponse:
    """An HTTP answer, its body as the text that was sent."""

    status: int
    headers: Mapping[str, str]
    body: str

    def packed(self) -> bytes:
        plain = json.dumps([self.status, dict(self.headers), self.body], ensure_ascii=False)
        packed = zlib.compress(plain.encode())
        return packed if len(packed) <= PACK_HARDER_ABOVE_BYTES else bz2.compress(plain.encode())

    @classmethod
    def unpacked(cls, packed: bytes) -> "StoredResponse":
        is_bz2 = packed.startswith(b"BZh")
        plain = bz2.decompress(packed) if is_bz2 else zlib.decompress(packed)
        status, headers, body = json.loads(plain)
        return cls(status, headers, body)


@dataclass(frozen=True)
class RequestAttempt:
    """One try of a request; `locked_until` is when nobody can be at it any more."""

    scope: str
    fingerprint: str
    token: str
    begun_at: datetime
    locked_until: datetime


class ResponseRepository:
    def __init__(self, table: "Table") -> None:
        self._table = table

    def claim(self, attempt: RequestAttempt) -> StoredResponse | None:
        """Take the key for an attempt, or get the answer that an earlier one kept.

        Raises IdempotencyKeyReusedError for another payload, and IdempotencyInProgressError while
        another attempt may be under way. One write, whatever comes out.
        """
        now = int(attempt.begun_at.timestamp())
        try:
            self._table.put_item(
                Item={
                    "id": attempt.scope,
                    "fingerprint": sealed(attempt.fingerprint),
                    "attempt": attempt.token,
                    "lockedUntil": int(attempt.locked_until.timestamp()),
                    "expiresAt": int((attempt.begun_at + KEPT).timestamp()),
                },
                ConditionExpression=_IS_FREE,
                ExpressionAttributeValues={":now": now},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException as error:
            there: Any = error.response
            return _found(there["Item"], attempt, now)
        return None

    def keeping(self, attempt: RequestAttempt, answer: StoredResponse) -> Write:
        """Return the write that turns an attempt's claim into its answer."""
        return {"Update": {"TableName": self._table.name, **_answering(attempt, answer)}}

    def keep(self, attempt: RequestAttempt, answer: StoredResponse) -> None:
        """Turn an attempt's claim into its answer; IdempotencyInProgressError when overtaken."""
        try:
            self._table.update_item(**_answering(attempt, answer))
        except self._table.meta.client.exceptions.ConditionalCheckFailedException as error:
            raise IdempotencyInProgressError(OVERTAKEN) from error

    def forget(self, attempt: RequestAttempt) -> bool:
        """Free the key of an attempt that was refused; False when it was overtaken or answered."""
        try:
            self._table.delete_item(
                Key={"id": attempt.scope},
                ConditionExpression=_IS_MINE,
                ExpressionAttributeValues={":mine": attempt.token},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _answering(attempt: RequestAttempt, answer: StoredResponse) -> dict[str, Any]:
    return {
        "Key": {"id": attempt.scope},
        "UpdateExpression": "SET answer = :answer REMOVE attempt, lockedUntil",
        "ConditionExpression": _IS_MINE,
        "ExpressionAttributeValues": {":answer": answer.packed(), ":mine": attempt.token},
    }


def _found(item: Mapping[str, Any], attempt: RequestAttempt, now: int) -> StoredResponse | None:
    """Judge the item in the way, as DynamoDB writes it; None when it is the attempt's own."""
    if item.get("attempt", {}).get("S") == attempt.token:
        return None  # the SDK did not hear of its first put, and put again
    check_fingerprint(attempt.fingerprint, known=item["fingerprint"]["S"])
    if "answer" in item:
        return StoredResponse.unpacked(item["answer"]["B"])
    raise IdempotencyInProgressError(
        "the first request with this Idempotency-Key is still under way",
        retry_after_seconds=max(1, int(item["lockedUntil"]["N"]) - now),
    )


@cache
def response_repository() -> ResponseRepository:
    return ResponseRepository(table(settings(IdempotencyTableSettings).idempotency_table_name))
