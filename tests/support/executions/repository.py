"""Executions in memory, with the conditions of the table."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from shared.executions.models import Execution, Status, TerminationReason
from shared.executions.retention import expires_at
from shared.executions.store.items import (
    execution_from_item,
    execution_to_item,
    run_from_item,
    run_to_item,
)
from shared.executions.store.snapshots import (
    DueExecution,
    DueGroup,
    End,
    ExecutionState,
    Suspension,
)
from shared.executions.task_runs import Failure, TaskRun, row_key
from shared.flows.plans.plan import Plan
from shared.times import from_rfc3339, to_rfc3339
from tests.support.executions.segments import InMemorySegments

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def execution_of(plan: Plan, **fields: Any) -> Execution:
    """A queued execution of a plan."""
    return Execution.model_validate(
        {
            "tenant": "default",
            "id": "01890000-0000-7000-8000-000000000001",
            "flowId": "01890000-0000-7000-8000-000000000002",
            "flowName": plan.name,
            "namespace": plan.namespace,
            "flowRevision": 1,
            "tasksTotal": plan.tasks_total,
            "createdAt": NOW,
            "createdBy": "local",
            **fields,
        }
    )


def without_outputs(state: ExecutionState) -> ExecutionState:
    """What a read that leaves outputs out finds."""
    none = {"outputs": None}
    return replace(
        state,
        execution=state.execution.model_copy(update=none),
        runs={key: run.model_copy(update=none) for key, run in state.runs.items()},
        earlier=[run.model_copy(update=none) for run in state.earlier],
    )


class InMemoryExecutions(InMemorySegments):
    """Keeps what the table would keep; `looks` counts how often the runner asked for one."""

    def __init__(self, *executions: Execution, now: Callable[[], datetime] = lambda: NOW) -> None:
        super().__init__()
        self._now = now
        self.executions = {(each.tenant, each.id): each for each in executions}
        self.runs: dict[tuple[str, str], dict[str, TaskRun]] = {}
        """Task runs of the present attempt of each execution, by the keys of their rows."""
        self.earlier: dict[tuple[str, str, int], dict[str, TaskRun]] = {}
        """The same of attempts that are over, by execution and attempt."""
        self.fences: dict[tuple[str, str], int] = {}
        self.written: list[TaskRun] = []
        self.looks = 0
        self.rounds_read: list[str] = []
        """The rounds of loops that were read, in order."""
        self.rows_read: list[int] = []
        """How many task runs each turn began with."""
        self.watched: dict[str, datetime] = {}
        """Lines that are to be looked at, and when."""
        self.is_broken = False
        self.on_write: Callable[[str], None] = lambda _moment: None
        """Called `before` and `after` each write."""
        self.on_end: Callable[[Execution], None] = lambda _ended: None
        """Called with each execution that ends, as part of the write that ends it."""
        self._lock = threading.Lock()

    def add(self, execution: Execution) -> bool:
        key = (execution.tenant, execution.id)
        if key in self.executions:
            return False
        self.executions[key] = execution_from_item(execution_to_item(execution))
        return True

    def find(self, tenant: str, execution_id: str) -> Execution | None:
        self.looks += 1
        return self._kept(tenant, execution_id)

    def load(
        self,
        tenant: str,
        execution_id: str,
        *,
        has_outputs: bool = True,
        has_rounds: bool = True,
    ) -> ExecutionState | None:
        execution = self._kept(tenant, execution_id)
        if execution is None:
            return None
        runs = dict(sorted(self.runs.get((tenant, execution_id), {}).items()))
        earlier = [
            run
            for (*key, _attempt), rows in sorted(self.earlier.items())
            if key == [tenant, execution_id]
            for _, run in sorted(rows.items())
        ]
        _, turns = self.turns.get((tenant, execution_id, "main"), (0, 0))
        if not has_rounds:
            runs = {key: run for key, run in runs.items() if not run.round_of}
            earlier = [run for run in earlier if not run.round_of]
        if not has_rounds:
            self.rows_read.append(len(runs))
        state = ExecutionState(execution, runs, earlier, turns)
        return state if has_outputs else without_outputs(state)

    def load_round(self, execution: Execution, round_of: str) -> list[TaskRun]:
        rows = self._rows(execution)
        self.rounds_read.append(round_of)
        return [run for _, run in sorted(rows.items()) if run.round_of == round_of]

    def suspend(self, execution: Execution, parked: Suspension, *, fence: int) -> bool:
        moved = self._replace(
            execution,
            fence=fence,
            status=Status.PAUSED if parked.is_paused else Status.RUNNING,
            is_parked=True,
            wake_at=parked.wake_at,
            check_at=parked.check_at,
        )
        return moved is not None

    def mark_running(self, execution: Execution, *, fence: int, now: datetime) -> Execution | None:
        current = self.executions.get((execution.tenant, execution.id))
        moved = self._replace(
            execution,
            fence=fence,
            status=Status.RUNNING,
            started_at=(current and current.started_at) or now,
            is_parked=False,
            wake_at=None,
        )
        if moved is None:
            return None
        return execution.model_copy(
            update={"status": Status.RUNNING, "started_at": moved.started_at}
        )

    def record(self, execution: Execution, run: TaskRun) -> TaskRun | None:
        if self.is_broken:
            raise ConnectionError("the table is gone")
        with self._lock:
            rows = self._rows(execution)
            key = row_key(run)
            known = rows.get(key)
            if known and known.status.is_terminal:
                return known
            if known and known.fence > run.fence:
                return None
            self.on_write("before")
            rows[key] = run_from_item(run_to_item(execution, run))
            self.written.append(run)
            self.on_write("after")
            return run

    def finish(self, execution: Execution, end: End, *, now: datetime) -> bool:
        expiry = expires_at(execution, now)
        said: dict[str, Any] = {
            "outputs": end.outputs,
            "error": end.error,
            "stored_outputs": end.stored_outputs,
            "expires_at": expiry and int(expiry.timestamp()),
        }
        ended = self._replace(
            execution,
            status=end.status,
            tasks_executed=end.tasks_executed,
            finished_at=now,
            check_at=None,
            **{name: value for name, value in said.items() if value is not None},
        )
        return ended is not None

    def mark_terminating(self, execution: Execution, closing: TerminationReason) -> bool:
        current = self.executions.get((execution.tenant, execution.id))
        first = (current and current.closing) or closing
        return self._replace(execution, closing=first) is not None

    def terminate(
        self,
        execution: Execution,
        closing: TerminationReason,
        *,
        check_at: datetime,
        also: Any = (),
    ) -> bool:
        assert not also, "answers are not kept here"
        moved = self._replace(
            execution,
            closing=closing,
            generation=execution.generation + 1,
            stalls=0,
            check_at=check_at,
            due_at=None,
            is_parked=False,
            wake_at=None,
        )
        return moved is not None

    def next_attempt(self, execution: Execution, *, fence: int, due_at: datetime) -> bool:
        key = (execution.tenant, execution.id)
        before = self.executions.get(key)
        moved = self._replace(execution, fence=fence, attempt=execution.attempt + 1, due_at=due_at)
        if moved and before and before.attempt != moved.attempt:
            self.earlier[*key, before.attempt] = self.runs.pop(key, {})
        return moved is not None

    def resume(
        self, execution: Execution, *, stalls: int, records: int, turns: int, check_at: datetime
    ) -> bool:
        moved = self._replace(
            execution,
            generation=execution.generation + 1,
            stalls=stalls,
            records_seen=records,
            turns_before=turns,
            check_at=check_at,
            is_parked=False,
            wake_at=None,
        )
        return moved is not None

    def continue_as_new(
        self, execution: Execution, *, turns: int, records: int, check_at: datetime
    ) -> bool:
        moved = self._replace(
            execution,
            generation=execution.generation + 1,
            stalls=0,
            records_seen=records,
            turns_before=turns,
            check_at=check_at,
        )
        return moved is not None

    def postpone_check(self, execution: Execution, *, at: datetime) -> bool:
        return self._replace(execution, check_at=at) is not None

    def overdue(self, *, now: datetime | None) -> Iterator[DueExecution | DueGroup]:
        due: list[tuple[datetime, DueExecution | DueGroup]] = [
            *((at, DueGroup(line)) for line, at in self.watched.items()),
            *(
                (each.check_at, DueExecution(each.tenant, each.id))
                for each in self.executions.values()
                if each.check_at and not each.status.is_terminal
            ),
        ]
        for at, found in sorted(due, key=lambda each: each[0]):
            if now is None or at <= now:
                yield found

    def _kept(self, tenant: str, execution_id: str) -> Execution | None:
        found = self.executions.get((tenant, execution_id))
        is_over = found and found.expires_at and found.expires_at <= self._now().timestamp()
        return None if is_over else found

    def _rows(self, execution: Execution) -> dict[str, TaskRun]:
        """The rows of the attempt of the whole that a turn knows, which may be over."""
        key = (execution.tenant, execution.id)
        current = self.executions.get(key)
        if current is None or current.attempt == execution.attempt:
            return self.runs.setdefault(key, {})
        return self.earlier.setdefault((*key, execution.attempt), {})

    def _replace(
        self, execution: Execution, *, fence: int | None = None, **changes: Any
    ) -> Execution | None:
        key = (execution.tenant, execution.id)
        current = self.executions.get(key)
        if (
            current is None
            or current.status.is_terminal
            or current.generation != execution.generation
            or (fence is not None and fence < self.fences.get(key, 0))
        ):
            return None
        if fence is not None:
            self.fences[key] = fence
        self.on_write("before")
        stored = {name: as_stored(value) for name, value in changes.items()}
        written = self.executions[key] = current.model_copy(update=stored)
        if written.status.is_terminal:
            self.on_end(written)
        self.on_write("after")
        return written


def as_stored(value: Any) -> Any:
    """A value as it is read again: moments are cut to milliseconds, failures lose advice."""
    if isinstance(value, Failure):
        return value.model_copy(update={"retry_after_seconds": None})
    return from_rfc3339(to_rfc3339(value)) if isinstance(value, datetime) else value
