"""DynamoDB's calls that are only whole when repeated: transactions, batches, queries to the end."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from random import random
from typing import TYPE_CHECKING, Any, Final

from shared.errors import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Write = Mapping[str, Any]
"""One entry of TransactWriteItems: the kind of write, and its request."""
Item = Mapping[str, Any]
Sleep = Callable[[float], None]

TRIES = 12
MAX_PAUSE_SECONDS = 0.4
MAX_KEYS = 100
"""The most items that one BatchGetItem may ask for."""


class Reason(StrEnum):
    """The reason why one write of a transaction was not made, in DynamoDB's words.

    All but CONDITION may be gone the next time, and no SDK tries it again.
    """

    CONDITION = "ConditionalCheckFailed"
    CONFLICT = "TransactionConflict"
    THROUGHPUT = "ProvisionedThroughputExceeded"
    THROTTLED = "ThrottlingError"


_REASONS: Final = frozenset(Reason)
_NOTHING: Final = (None, "None")


def transact(
    table: "Table", writes: Mapping[str, Write], *, tries: int = TRIES, sleep: Sleep = time.sleep
) -> frozenset[str]:
    """Write all or nothing, and return the names of the writes whose condition failed.

    None failed: all is written. A write that names no table goes to `table`. A transaction that
    met another one, or was throttled, is tried again after a pause; raises UnavailableError when
    that does not end.
    """
    for number in range(tries):
        if number:
            sleep(_pause(number - 1))
        reasons = transact_once(table, writes)
        failed = frozenset(name for name, why in reasons.items() if why is Reason.CONDITION)
        if failed or not reasons:
            return failed
    raise UnavailableError("the store is busy, try again")


def transact_once(table: "Table", writes: Mapping[str, Write]) -> Mapping[str, Reason]:
    """Try to write all or nothing, and return what stood in the way, by the names of the writes.

    Nothing did: all is written. Raises botocore's ClientError when it was for none of `Reason`.
    """
    client = table.meta.client
    requests: Any = [
        {kind: {"TableName": table.name, **request}}
        for write in writes.values()
        for kind, request in write.items()
    ]
    try:
        client.transact_write_items(TransactItems=requests)
    except client.exceptions.TransactionCanceledException as error:
        told: list[Any] = error.response.get("CancellationReasons", [])
        codes = zip(writes, (each.get("Code") for each in told), strict=False)
        by_name = {name: code for name, code in codes if code not in _NOTHING}
        reasons = {name: Reason(code) for name, code in by_name.items() if code in _REASONS}
        is_passing = reasons and len(reasons) == len(by_name)
        if Reason.CONDITION in reasons.values() or is_passing:
            return reasons
        raise  # what no repeat can mend is told, whatever passes stood beside it
    return {}


def put(item: Item, condition: str = "", values: Mapping[str, Any] | None = None) -> Write:
    """Return the write that stores an item, if its condition holds where there is one."""
    return {"Put": {"Item": item, **_if(condition, values)}}


def delete(key: Item, condition: str = "", values: Mapping[str, Any] | None = None) -> Write:
    """Return the write that removes an item, if its condition holds where there is one."""
    return {"Delete": {"Key": key, **_if(condition, values)}}


def named(name: str, writes: Sequence[Write]) -> dict[str, Write]:
    """Name writes that a caller hands over to be made with one's own: `also 0`, `also 1`, …."""
    return {f"{name} {number}": write for number, write in enumerate(writes)}


def batch_get(
    table: "Table",
    keys: Sequence[Mapping[str, Any]],
    *,
    consistent: bool = False,
    attributes: Sequence[str] = (),
    sleep: Sleep = time.sleep,
) -> Iterator[Item]:
    """Read items by key, in no order; those that are not there are left out.

    With `attributes` these alone are read of them.

    Keys that DynamoDB leaves unprocessed are asked for again after a pause; raises
    UnavailableError when it goes on answering none.
    """
    how: dict[str, Any] = {"ConsistentRead": True} if consistent else {}
    if attributes:
        how |= projection(attributes)
    for start in range(0, len(keys), MAX_KEYS):
        unread: Any = {table.name: {"Keys": keys[start : start + MAX_KEYS], **how}}
        fruitless = 0
        while unread:
            answer = table.meta.client.batch_get_item(RequestItems=unread)
            found = answer["Responses"].get(table.name, [])
            yield from found
            unread = answer.get("UnprocessedKeys")
            if unread:
                fruitless = 0 if found else fruitless + 1
                if fruitless == TRIES:
                    raise UnavailableError("the store is busy, try again")
                sleep(_pause(fruitless))


def projection(attributes: Sequence[str]) -> dict[str, Any]:
    """Return the part of a request that asks for some attributes only; none is a reserved word."""
    names = {f"#read{number}": name for number, name in enumerate(attributes)}
    return {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}


def query_all(table: "Table", *, limit: int | None = None, **query: Any) -> Iterator[Item]:
    """Query page after page, to the end or until there are `limit` items.

    With a limit nothing is read beyond it: it must not be used beside a filter.
    """
    while True:
        if limit is not None:
            query["Limit"] = limit
        answer = table.query(**query)
        yield from answer["Items"]
        if limit is not None:
            limit -= len(answer["Items"])
        if limit == 0 or "LastEvaluatedKey" not in answer:
            return
        query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def note_use(table: "Table", key: Item, now: str, unless_since: str) -> None:
    """Note when an item was used last, `lastUsedAt`, unless that was done since, or it is gone."""
    try:
        table.update_item(
            Key=dict(key),
            UpdateExpression="SET lastUsedAt = :now",
            ConditionExpression=(
                "attribute_exists(pk) AND "
                "(attribute_not_exists(lastUsedAt) OR lastUsedAt <= :before)"
            ),
            ExpressionAttributeValues={":now": now, ":before": unless_since},
        )
    except table.meta.client.exceptions.ConditionalCheckFailedException:
        return


def _if(condition: str, values: Mapping[str, Any] | None) -> dict[str, Any]:
    found: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
    return found | ({"ExpressionAttributeValues": dict(values)} if values else {})


def _pause(number: int) -> float:
    """Return a random pause in seconds, longer each time, so that rivals do not meet again."""
    return random() * min(MAX_PAUSE_SECONDS, 0.02 * 2.0**number)
