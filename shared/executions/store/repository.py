"""Executions, segments and task runs in DynamoDB: one partition per execution."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from random import sample
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key

from shared.dynamodb import Sleep, Write, named, projection, query_all, transact
from shared.executions.models import Execution, Status, TerminationReason
from shared.executions.retention import GRACE, expires_at
from shared.executions.store.conditions import while_open
from shared.executions.store.items import (
    BUT_OUTPUTS,
    execution_from_item,
    execution_to_item,
    is_over,
    run_from_item,
    run_to_item,
)
from shared.executions.store.keys import (
    ANY_RUN,
    COUNT,
    OPEN_SHARDS,
    ROUNDS,
    execution_key,
    round_prefix,
    rounds_prefix,
    run_key,
    run_prefix,
)
from shared.executions.store.segments import SegmentRepository
from shared.executions.store.slots import SlotRepository
from shared.executions.store.snapshots import (
    DueExecution,
    DueGroup,
    End,
    ExecutionState,
    Suspension,
)
from shared.executions.store.table import executions_table
from shared.executions.task_runs import TaskRun, row_key
from shared.json_text import compact
from shared.times import from_rfc3339, to_rfc3339, utc_now

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


EXPIRED_AT_ONCE = 8
"""The rows whose expiry is set at the same time; a loop may leave thousands of them."""
_BARE: Mapping[str, Any] = projection(BUT_OUTPUTS)


class ExecutionRepository(SegmentRepository):
    """The repository of executions: it owns keys and conditions; writes that matter have one."""

    def __init__(
        self,
        table: "Table",
        now: Callable[[], datetime] = utc_now,
        sleep: Sleep = time.sleep,
    ) -> None:
        super().__init__(table)
        self._now = now
        self._slots = SlotRepository(table, sleep)
        self._sleep = sleep

    def add(self, execution: Execution) -> bool:
        """Store a new execution; False when one with its id is there already (and stays)."""
        return self._put(
            execution_to_item(execution), ConditionExpression="attribute_not_exists(pk)"
        )

    def find(self, tenant: str, execution_id: str) -> Execution | None:
        item = self._table.get_item(
            Key=execution_key(tenant, execution_id), ConsistentRead=True
        ).get("Item")
        return execution_from_item(item) if item and not is_over(item, self._now()) else None

    def load(
        self,
        tenant: str,
        execution_id: str,
        *,
        has_outputs: bool = True,
        has_rounds: bool = True,
    ) -> ExecutionState | None:
        """Read the execution and everything recorded of it, consistently.

        Outputs may be 100 MB together: who doesn't look at them leaves them where they are, and
        finds None. Without `has_rounds` nothing is read that is inside a `flow.loop`.
        """
        pk = execution_key(tenant, execution_id)["pk"]
        execution: Execution | None = None
        runs: dict[str, TaskRun] = {}
        earlier: list[TaskRun] = []
        turns = 0
        rows = Key("pk").eq(pk) if has_rounds else Key("pk").eq(pk) & Key("sk").lt(ROUNDS)
        of_it: dict[str, Any] = {"KeyConditionExpression": rows, "ConsistentRead": True}
        for item in query_all(self._table, **of_it, **({} if has_outputs else _BARE)):
            if item["sk"] == "execution" and not is_over(item, self._now()):
                execution = execution_from_item(item)
            elif execution and item["sk"].startswith(_current_runs(execution)):
                run = run_from_item(item)
                runs[row_key(run)] = run
            elif execution and item["sk"].startswith(ANY_RUN):
                earlier.append(run_from_item(item))
            elif "turn" in item:
                turns = int(str(item["turn"]))
        return ExecutionState(execution, runs, earlier, turns) if execution else None

    def load_round(self, execution: Execution, round_of: str) -> list[TaskRun]:
        """Read what is recorded in one round of a `flow.loop` (`poll#3`), consistently."""
        pk = execution_key(execution.tenant, execution.id)["pk"]
        prefix = round_prefix(execution.attempt, round_of)
        condition = Key("pk").eq(pk) & Key("sk").begins_with(prefix)
        found = query_all(self._table, KeyConditionExpression=condition, ConsistentRead=True)
        return [run_from_item(item) for item in found]

    def suspend(self, execution: Execution, parked: Suspension, *, fence: int) -> bool:
        """Record that an execution waits for something outside, and when to check it."""
        sets = "SET #status = :status, isParked = :yes, checkAt = :check, fence = :fence"
        values: dict[str, Any] = {
            ":fence": fence,
            ":status": Status.PAUSED if parked.is_paused else Status.RUNNING,
            ":yes": True,
            ":check": to_rfc3339(parked.check_at),
        }
        if parked.wake_at is None:
            return self._update(execution, f"{sets} REMOVE wakeAt", values)
        values[":wake"] = to_rfc3339(parked.wake_at)
        return self._update(execution, f"{sets}, wakeAt = :wake", values)

    def mark_running(self, execution: Execution, *, fence: int, now: datetime) -> Execution | None:
        """Turn QUEUED to RUNNING in this generation; None when it is no longer ours to run.

        It started once: children and approvals have their ids from that, and two turns that both
        found it QUEUED must not differ.
        """
        update = while_open(
            execution,
            "SET #status = :running, startedAt = if_not_exists(startedAt, :now), fence = :fence"
            " REMOVE isParked, wakeAt",
            {":running": Status.RUNNING, ":now": to_rfc3339(now), ":fence": fence},
        )
        try:
            answer = self._table.update_item(**update, ReturnValues="ALL_NEW")
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return None
        started_at = from_rfc3339(str(answer["Attributes"]["startedAt"]))
        return execution.model_copy(update={"status": Status.RUNNING, "started_at": started_at})

    def record(self, execution: Execution, run: TaskRun) -> TaskRun | None:
        """Store a settled task run; if another turn was first, what that one recorded.

        None means that a newer turn holds the task without having settled it: leave it the field.
        """
        written = self._put(
            run_to_item(execution, run),
            ConditionExpression="attribute_not_exists(pk) OR (fence <= :fence AND settled = :no)",
            ExpressionAttributeValues={":fence": run.fence, ":no": False},
        )
        return run if written else self._recorded(execution, run)

    def finish(self, execution: Execution, end: End, *, now: datetime) -> bool:
        """Write the end, if the execution is still open and in this generation."""
        sets = ["#status = :status", "finishedAt = :now", "tasksExecuted = :executed"]
        values: dict[str, Any] = {
            ":status": end.status,
            ":now": to_rfc3339(now),
            ":executed": end.tasks_executed,
        }
        if end.outputs is not None:
            sets.append("outputs = :outputs")
            values[":outputs"] = compact(end.outputs)
        if end.stored_outputs is not None:
            sets.append("storedOutputs = :stored")
            values[":stored"] = end.stored_outputs.model_dump()
        if end.error is not None:
            sets.append("#error = :error")
            values[":error"] = end.error.model_dump(mode="json", by_alias=True, exclude_none=True)
        expiry = expires_at(execution, now)
        if expiry is not None:
            self._expire_rows(execution, expiry + GRACE)
            sets.append("expiresAt = :expiry")
            values[":expiry"] = int(expiry.timestamp())
        # Leaving the index of open executions and ending are one write.
        expression = f"SET {', '.join(sets)} REMOVE openShard, checkAt"
        if execution.slot is None:
            return self._update(execution, expression, values)
        return self._slots.end(execution.slot.line, while_open(execution, expression, values))

    def _expire_rows(self, execution: Execution, at: datetime) -> None:
        """Let all rows expire but the execution's own; before its end, as a crash could skip it."""
        pk = execution_key(execution.tenant, execution.id)["pk"]
        found = query_all(
            self._table,
            KeyConditionExpression=Key("pk").eq(pk),
            ProjectionExpression="pk, sk",
            ConsistentRead=True,
        )
        keys = [dict(key) for key in found if key["sk"] != "execution"]
        client = self._table.meta.client  # may be used by several threads; a resource may not

        def expire(key: dict[str, Any]) -> None:
            client.update_item(
                TableName=self._table.name,
                Key=key,
                UpdateExpression="SET expiresAt = :at",
                ExpressionAttributeValues={":at": int(at.timestamp())},
            )

        with ThreadPoolExecutor(EXPIRED_AT_ONCE) as pool:
            list(pool.map(expire, keys))  # raises what one of them raised

    def mark_terminating(self, execution: Execution, closing: TerminationReason) -> bool:
        """Note why the execution ends early, before anything is ended; the first reason stays."""
        return self._update(
            execution, "SET closing = if_not_exists(closing, :closing)", {":closing": closing}
        )

    def terminate(
        self,
        execution: Execution,
        closing: TerminationReason,
        *,
        check_at: datetime,
        also: Sequence[Write] = (),
    ) -> bool:
        """Move to the generation that settles what is open: one write, one winner.

        `also` are writes to other tables that are made with it.
        """
        return self._update(
            execution,
            "SET closing = :closing, #generation = :next, stalls = :none, checkAt = :check"
            " REMOVE dueAt, isParked, wakeAt",
            {
                ":closing": closing,
                ":next": execution.generation + 1,
                ":none": 0,
                ":check": to_rfc3339(check_at),
            },
            also,
        )

    def next_attempt(self, execution: Execution, *, fence: int, due_at: datetime) -> bool:
        """Begin the execution anew, under its own id, at `due_at`; earlier task runs are left."""
        return self._update(
            execution,
            "SET attempt = :attempt, dueAt = :due, fence = :fence",
            {
                ":attempt": execution.attempt + 1,
                ":due": to_rfc3339(due_at),
                ":fence": fence,
            },
        )

    def resume(
        self, execution: Execution, *, stalls: int, records: int, turns: int, check_at: datetime
    ) -> bool:
        """Move to the next generation; False when somebody else moved it or it has ended.

        A suspension ends with it: the new run has to get there first.
        """
        return self._update(
            execution,
            "SET #generation = :next, stalls = :stalls, recordsSeen = :records,"
            " turnsBefore = :turns, checkAt = :check REMOVE isParked, wakeAt",
            {
                ":next": execution.generation + 1,
                ":stalls": stalls,
                ":records": records,
                ":turns": turns,
                ":check": to_rfc3339(check_at),
            },
        )

    def continue_as_new(
        self, execution: Execution, *, turns: int, records: int, check_at: datetime
    ) -> bool:
        """Move to the next generation because of the `turns` taken so far; False as in `resume`."""
        return self._update(
            execution,
            "SET #generation = :next, stalls = :none, recordsSeen = :records,"
            " turnsBefore = :turns, checkAt = :check",
            {
                ":next": execution.generation + 1,
                ":none": 0,
                ":records": records,
                ":turns": turns,
                ":check": to_rfc3339(check_at),
            },
        )

    def postpone_check(self, execution: Execution, *, at: datetime) -> bool:
        """Move the time at which the reconciler checks an open execution."""
        return self._update(execution, "SET checkAt = :at", {":at": to_rfc3339(at)})

    def overdue(self, *, now: datetime | None) -> Iterator[DueExecution | DueGroup]:
        """Yield what is open and due for a check, oldest first in each shard; None: all."""
        # None is always the last: there may be more to look at than there is time for.
        for shard in sample(OPEN_SHARDS, len(OPEN_SHARDS)):
            # A tilde sorts behind every digit: no bound.
            until = to_rfc3339(now) if now else "~"
            condition = Key("openShard").eq(shard) & Key("checkAt").lte(until)
            for item in query_all(self._table, IndexName="open", KeyConditionExpression=condition):
                yield _overdue(item)

    def _recorded(self, execution: Execution, run: TaskRun) -> TaskRun | None:
        key = run_key(execution, run)
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        recorded = run_from_item(item) if item else None
        return recorded if recorded and recorded.status.is_terminal else None

    def _update(
        self,
        execution: Execution,
        expression: str,
        values: Mapping[str, Any],
        also: Sequence[Write] = (),
    ) -> bool:
        """Update an execution that is open and in the generation that the caller knows."""
        update = while_open(execution, expression, values)
        if also:
            writes = {"execution": {"Update": update}, **named("also", also)}
            return not transact(self._table, writes, sleep=self._sleep)
        try:
            self._table.update_item(**update)
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _put(self, item: Mapping[str, Any], **condition: Any) -> bool:
        try:
            self._table.put_item(Item=item, **condition)
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _current_runs(execution: Execution) -> tuple[str, str]:
    return run_prefix(execution.attempt), rounds_prefix(execution.attempt)


def _overdue(key: Mapping[str, Any]) -> DueExecution | DueGroup:
    if key["sk"] == COUNT:
        return DueGroup(key["pk"])
    tenant, _, execution_id = key["pk"].rpartition("#")
    return DueExecution(tenant, execution_id)


@cache
def execution_repository() -> ExecutionRepository:
    return ExecutionRepository(executions_table())
