"""Slots in memory, with the conditions of the table, over executions in memory."""

from datetime import datetime
from typing import Any

from shared.executions.models import Execution, Failure, Status
from shared.executions.slots import Admission, First, SlotRepository
from shared.executions.states import End
from tests.support.executions import InMemoryExecutions


class InMemorySlots(SlotRepository):
    """Counts and lines; executions that end free their slots."""

    def __init__(self, executions: InMemoryExecutions) -> None:
        self.executions = executions
        self.taken: dict[str, int] = {}
        self.lines: dict[str, dict[str, int]] = {}

    def enter(self, execution: Execution) -> bool:
        if not self.executions.add(execution):
            return False
        assert execution.slot
        self.lines.setdefault(execution.slot.line, {})[execution.id] = execution.slot.limit
        return True

    def take(self, execution: Execution) -> Admission:
        assert execution.slot
        line, limit = execution.slot.line, execution.slot.limit
        if (execution.tenant, execution.id) in self.executions.executions:
            return Admission.GONE
        if self.taken.get(line, 0) >= limit:
            return Admission.FULL
        self.executions.add(execution)
        self.taken[line] = self.taken.get(line, 0) + 1
        return Admission.ADMITTED

    def first(self, line: str) -> First | None:
        waiting = self.lines.get(line, {})
        if not waiting:
            return None
        oldest = min(waiting)
        return First(oldest, waiting[oldest], self.taken.get(line, 0))

    def admit(self, line: str, first: First, *, check_at: datetime) -> Admission:
        if self.taken.get(line, 0) >= first.limit:
            return Admission.FULL
        if self.lines[line].pop(first.execution_id, None) is None:
            return Admission.GONE
        self._change("default", first.execution_id, check_at=check_at)
        self.taken[line] = self.taken.get(line, 0) + 1
        return Admission.ADMITTED

    def leave(self, execution: Execution, failure: Failure, *, now: datetime) -> bool:
        assert execution.slot
        if self.lines[execution.slot.line].pop(execution.id, None) is None:
            return False
        self._change(
            execution.tenant,
            execution.id,
            status=Status.CANCELLED,
            error=failure,
            finished_at=now,
            check_at=None,
        )
        return True

    def free(self, execution: Execution) -> None:
        """What `ExecutionRepository.finish` does to the count."""
        assert execution.slot
        ended = self.executions.finish(execution, End(Status.SUCCESS, 0), now=execution.created_at)
        self.taken[execution.slot.line] -= int(ended)

    def _change(self, tenant: str, execution_id: str, **changes: Any) -> None:
        current = self.executions.executions[tenant, execution_id]
        assert current.slot
        slot = current.slot.model_copy(update={"waiting": False})
        self.executions.executions[tenant, execution_id] = current.model_copy(
            update={"slot": slot, **changes}
        )
