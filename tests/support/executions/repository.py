"""Executions in memory, with the conditions of the table."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from shared.executions.models import Execution, Status, TerminationReason
from shared.executions.store.repository import ExecutionRepository
from shared.executions.store.snapshots import (
    DueExecution,
    DueGroup,
    End,
    ExecutionState,
    Suspension,
    TurnFence,
)
from shared.executions.task_runs import TaskRun, row_key
from shared.flows.plans.plan import Plan

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


class InMemoryExecutions(ExecutionRepository):
    """Keeps what the table would keep; `looks` counts how often the runner asked for one."""

    def __init__(self, *executions: Execution) -> None:
        self.executions = {(each.tenant, each.id): each for each in executions}
        self.runs: dict[tuple[str, str], dict[str, TaskRun]] = {}
        self.earlier: list[TaskRun] = []
        self.turns: dict[tuple[str, str, str], tuple[int, int]] = {}
        self.fences: dict[tuple[str, str], int] = {}
        self.tokens: dict[tuple[str, str, str], str] = {}
        self.wakes: Counter[tuple[str, str, str]] = Counter()
        self.written: list[TaskRun] = []
        self.looks = 0
        self.watched: dict[str, datetime] = {}
        """Lines that are to be looked at, and when."""
        self.is_broken = False
        self.on_write: Callable[[str], None] = lambda _moment: None
        """Called `before` and `after` each write."""
        self._lock = threading.Lock()

    def add(self, execution: Execution) -> bool:
        key = (execution.tenant, execution.id)
        return self.executions.setdefault(key, execution) is execution

    def find(self, tenant: str, execution_id: str) -> Execution | None:
        self.looks += 1
        return self.executions.get((tenant, execution_id))

    def load(
        self, tenant: str, execution_id: str, *, has_outputs: bool = True
    ) -> ExecutionState | None:
        execution = self.executions.get((tenant, execution_id))
        runs = dict(self.runs.get((tenant, execution_id), {}))
        _, turns = self.turns.get((tenant, execution_id, "main"), (0, 0))
        state = ExecutionState(execution, runs, self.earlier, turns) if execution else None
        return state if has_outputs or state is None else without_outputs(state)

    def enter_segment(
        self, tenant: str, execution_id: str, *, generation: int, path: str
    ) -> TurnFence | None:
        key = (tenant, execution_id, path)
        known, turn = self.turns.get(key, (0, 0))
        if generation < known:
            return None
        self.turns[key] = (generation, turn + 1)
        token = self.tokens.pop(key, None)
        superseded_token = token if known < generation else None
        return TurnFence(generation * 1_000_000 + turn + 1, self.wakes[key], superseded_token)

    def register_token(
        self, tenant: str, execution_id: str, *, entry: TurnFence, path: str, token: str
    ) -> bool:
        key = (tenant, execution_id, path)
        generation, turn = self.turns[key]
        if entry != TurnFence(generation * 1_000_000 + turn, self.wakes[key]):
            return False
        self.tokens[key] = token
        return True

    def wake_segment(self, tenant: str, execution_id: str, path: str) -> str | None:
        self.wakes[tenant, execution_id, path] += 1
        return self.tokens.get((tenant, execution_id, path))

    def has_token(self, tenant: str, execution_id: str, path: str) -> bool:
        return (tenant, execution_id, path) in self.tokens

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
        current = self.executions[execution.tenant, execution.id]
        return self._replace(
            execution,
            fence=fence,
            status=Status.RUNNING,
            started_at=current.started_at or now,
            is_parked=False,
            wake_at=None,
        )

    def record(self, execution: Execution, run: TaskRun) -> TaskRun | None:
        if self.is_broken:
            raise ConnectionError("the table is gone")
        with self._lock:
            rows = self.runs.setdefault((execution.tenant, execution.id), {})
            key = row_key(run)
            known = rows.get(key)
            if known and known.status.is_terminal:
                return known
            if known and known.fence > run.fence:
                return None
            self.on_write("before")
            rows[key] = run
            self.written.append(run)
            self.on_write("after")
            return run

    def finish(self, execution: Execution, end: End, *, now: datetime) -> bool:
        ended = self._replace(
            execution,
            status=end.status,
            tasks_executed=end.tasks_executed,
            outputs=end.outputs,
            error=end.error,
            stored_outputs=end.stored_outputs,
            finished_at=now,
            check_at=None,
        )
        return ended is not None

    def mark_terminating(self, execution: Execution, closing: TerminationReason) -> bool:
        return self._replace(execution, closing=execution.closing or closing) is not None

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
        self.earlier += [run for runs in self.runs.values() for run in runs.values()]
        self.runs.clear()
        moved = self._replace(execution, fence=fence, attempt=execution.attempt + 1, due_at=due_at)
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
        for line, at in list(self.watched.items()):
            if now is None or at <= now:
                yield DueGroup(line)
        for execution in list(self.executions.values()):
            due = execution.check_at
            if due and not execution.status.is_terminal and (now is None or due <= now):
                yield DueExecution(execution.tenant, execution.id)

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
        written = self.executions[key] = current.model_copy(update=changes)
        self.on_write("after")
        return written
