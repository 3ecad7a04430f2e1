"""Slots: a concurrency group's limit of executions at once, and those who wait for one (ADR 20).

Item           pk                              sk              attributes
the count      `{tenant}#slots#{flow}[#{key}]` `count`         taken, openShard, checkAt
who waits      the same                        `waiting#{id}`  limit

A group is a flow, or one key of it. While somebody waits, its count stands in the index of open
executions: the reconciler checks the group each minute, instead of each execution in it.

An execution takes its slot, stops waiting and is admitted in one transaction, and gives the slot
back in the one that ends it: a slot can neither leak nor be freed twice.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from functools import cache
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key

from shared.dynamodb import Sleep, Write, named, put, transact
from shared.executions.models import Execution, Status
from shared.executions.retention import expires_at
from shared.executions.store.items import execution_to_item
from shared.executions.store.keys import COUNT, execution_key, open_shard
from shared.executions.store.table import executions_table
from shared.executions.task_runs import Failure
from shared.times import to_rfc3339

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

IS_NEW = "attribute_not_exists(pk)"
IS_WAITING = "#slot.#waiting = :true AND #status = :queued"
WAITING = {
    "ExpressionAttributeNames": {"#slot": "slot", "#waiting": "waiting", "#status": "status"},
    "ConditionExpression": IS_WAITING,
}
Request = Mapping[str, Any]


class Admission(Enum):
    """The result of an attempt to admit the first who waits for a slot."""

    ADMITTED = auto()
    FULL = auto()
    GONE = auto()


@dataclass(frozen=True)
class First:
    """The one who has waited longest, and the slots taken; `limit` is that of its own revision.

    `is_watched` when the reconciler checks the concurrency group.
    """

    execution_id: str
    limit: int
    taken: int
    is_watched: bool = False


class SlotRepository:
    def __init__(self, table: "Table", sleep: Sleep) -> None:
        self._table = table
        self._sleep = sleep

    def enter(self, execution: Execution) -> bool:
        """Put an execution and its place in the group; False when it was put before."""
        execution_id, slot = execution.id, execution.slot
        assert slot  # noqa: S101 - only executions with a slot come here
        place = {**_place(slot.line, execution_id), "limit": slot.limit}
        new = put(execution_to_item(execution), IS_NEW)
        return not self._transact({"execution": new, "place": put(place)})

    def take(self, execution: Execution) -> Admission:
        """Put an execution that does not wait, if a slot is free; GONE when it was put before."""
        slot = execution.slot
        assert slot  # noqa: S101 - as above
        new = put(execution_to_item(execution), IS_NEW)
        failed = self._transact({"count": _taking(slot.line, slot.limit), "execution": new})
        if "execution" in failed:
            return Admission.GONE
        return Admission.FULL if "count" in failed else Admission.ADMITTED

    def first(self, line: str) -> First | None:
        """Read the first who waits in a group, consistently: `count` sorts before all of them."""
        condition = Key("pk").eq(line)
        answer = self._table.query(KeyConditionExpression=condition, ConsistentRead=True, Limit=2)
        count: Mapping[str, Any] = {}
        waiting: Mapping[str, Any] | None = None
        for item in answer["Items"]:
            if item["sk"] == COUNT:
                count = item
            else:
                waiting = waiting or item
        if waiting is None:
            return None
        return First(
            execution_id=str(waiting["sk"]).partition("#")[2],
            limit=int(str(waiting["limit"])),
            taken=int(str(count.get("taken", 0))),
            is_watched="openShard" in count,
        )

    def watch(self, line: str, *, at: datetime) -> None:
        """Have the reconciler check a concurrency group at a moment."""
        self._table.update_item(
            Key=_count(line),
            UpdateExpression="SET openShard = :shard, checkAt = :at",
            ExpressionAttributeValues={":shard": open_shard(line), ":at": to_rfc3339(at)},
        )

    def unwatch(self, line: str) -> None:
        """Have it check no more; look again afterwards for those who entered in between."""
        self._table.update_item(Key=_count(line), UpdateExpression="REMOVE openShard, checkAt")

    def admit(self, line: str, first: First, *, check_at: datetime) -> Admission:
        """Give the first who waits a slot; GONE when it stopped waiting in between."""
        place = {"Key": _place(line, first.execution_id), "ConditionExpression": _IS_THERE}
        admitted = {
            **WAITING,
            "Key": execution_key(line.partition("#")[0], first.execution_id),
            "UpdateExpression": "SET #slot.#waiting = :false, checkAt = :check",
            "ExpressionAttributeValues": {
                ":false": False,
                ":true": True,
                ":queued": Status.QUEUED,
                ":check": to_rfc3339(check_at),
            },
        }
        failed = self._transact(
            {
                "count": _taking(line, first.limit),
                "place": {"Delete": place},
                "execution": {"Update": admitted},
            }
        )
        if "execution" in failed and "place" not in failed:
            # A place whose execution is no longer there would hold up everybody behind it.
            self._table.delete_item(Key=_place(line, first.execution_id))
        if {"place", "execution"} & failed:
            return Admission.GONE
        return Admission.FULL if "count" in failed else Admission.ADMITTED

    def leave(
        self, execution: Execution, failure: Failure, *, now: datetime, also: Sequence[Write] = ()
    ) -> bool:
        """End an execution that waits as CANCELLED; False when it does not wait any more.

        `also` are writes to other tables that are made with it.
        """
        slot = execution.slot
        assert slot  # noqa: S101 - as above
        expiry = expires_at(execution, now)
        ended = {
            **WAITING,
            "Key": execution_key(execution.tenant, execution.id),
            "UpdateExpression": "SET #status = :ended, finishedAt = :now, #error = :error"
            + (", expiresAt = :expiry" if expiry else "")
            + " REMOVE openShard, checkAt",
            "ExpressionAttributeNames": {**WAITING["ExpressionAttributeNames"], "#error": "error"},  # type: ignore[dict-item]  # one literal of two kinds
            "ExpressionAttributeValues": {
                ":true": True,
                ":queued": Status.QUEUED,
                ":ended": Status.CANCELLED,
                ":now": to_rfc3339(now),
                ":error": failure.model_dump(mode="json", by_alias=True, exclude_none=True),
                **({":expiry": int(expiry.timestamp())} if expiry else {}),
            },
        }
        place = {"Key": _place(slot.line, execution.id), "ConditionExpression": _IS_THERE}
        writes: dict[str, Write] = {"execution": {"Update": ended}, "place": {"Delete": place}}
        return not self._transact(writes | named("also", also))

    def end(self, line: str, update: Request) -> bool:
        """Make the update that ends an execution, and give its slot back with it."""
        freed = {
            "Key": _count(line),
            "UpdateExpression": "ADD taken :minus",
            "ExpressionAttributeValues": {":minus": -1},
        }
        return not self._transact({"execution": {"Update": update}, "count": {"Update": freed}})

    def _transact(self, writes: Mapping[str, Write]) -> frozenset[str]:
        return transact(self._table, writes, sleep=self._sleep)


_IS_THERE = "attribute_exists(pk)"


def _count(line: str) -> dict[str, Any]:
    return {"pk": line, "sk": COUNT}


def _place(line: str, execution_id: str) -> dict[str, Any]:
    return {"pk": line, "sk": f"waiting#{execution_id}"}


def _taking(line: str, limit: int) -> dict[str, Request]:
    return {
        "Update": {
            "Key": _count(line),
            "UpdateExpression": "ADD taken :one",
            "ConditionExpression": "attribute_not_exists(taken) OR taken < :limit",
            "ExpressionAttributeValues": {":one": 1, ":limit": limit},
        }
    }


@cache
def slot_repository() -> SlotRepository:
    return SlotRepository(executions_table(), time.sleep)
