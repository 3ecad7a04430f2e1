"""Slots in memory, with the conditions of the table, over executions in memory."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.executions.lifecycle.concurrency import Promoter
from shared.executions.lifecycle.launch import Launcher
from shared.executions.lifecycle.reconciler import Action, Reconciler
from shared.executions.models import Execution, Status
from shared.executions.orchestration.state_machine import RunStatus, run_name
from shared.executions.retention import Retentions, expires_at
from shared.executions.store.slots import Admission, First, SlotRepository
from shared.executions.store.snapshots import DueExecution, DueGroup, End
from shared.executions.task_runs import Failure
from shared.secrets.sealing import Sealer
from tests.support.executions.payloads import InMemoryPayloads
from tests.support.executions.repository import NOW, InMemoryExecutions, as_stored
from tests.support.executions.step_functions import FakeEngine, SentTokens, waker_of
from tests.support.sealing import InMemoryKeys

if TYPE_CHECKING:
    from collections.abc import Callable


class InMemorySlots(SlotRepository):
    """Counts and lines; executions that end free their slots."""

    def __init__(self, executions: InMemoryExecutions) -> None:
        self.executions = executions
        executions.on_end = self._give_back
        self.taken: dict[str, int] = {}
        self.lines: dict[str, dict[str, int]] = {}
        self.reads = 0
        self.on_write: Callable[[], None] = lambda: None
        """Called after each write."""

    def enter(self, execution: Execution) -> bool:
        if not self.executions.add(execution):
            return False
        assert execution.slot
        self.lines.setdefault(execution.slot.line, {})[execution.id] = execution.slot.limit
        self.on_write()
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
        self.on_write()
        return Admission.ADMITTED

    def first(self, line: str) -> First | None:
        self.reads += 1
        waiting = self.lines.get(line, {})
        if not waiting:
            return None
        oldest = min(waiting)
        watched = line in self.executions.watched
        return First(oldest, waiting[oldest], self.taken.get(line, 0), is_watched=watched)

    def watch(self, line: str, *, at: datetime) -> None:
        self.executions.watched[line] = at
        self.on_write()

    def unwatch(self, line: str) -> None:
        self.executions.watched.pop(line, None)
        self.on_write()

    def admit(self, line: str, first: First, *, check_at: datetime) -> Admission:
        key = (line.partition("#")[0], first.execution_id)
        places = self.lines.get(line, {})
        is_there = first.execution_id in places
        if not is_there or not self._is_waiting(key):
            if is_there:
                del places[first.execution_id]
                self.on_write()
            return Admission.GONE
        if self.taken.get(line, 0) >= first.limit:
            return Admission.FULL
        del places[first.execution_id]
        self._change(key, check_at=as_stored(check_at))
        self.taken[line] = self.taken.get(line, 0) + 1
        self.on_write()
        return Admission.ADMITTED

    def leave(
        self, execution: Execution, failure: Failure, *, now: datetime, also: Any = ()
    ) -> bool:
        assert not also, "answers are not kept here"
        assert execution.slot
        key = (execution.tenant, execution.id)
        places = self.lines.get(execution.slot.line, {})
        if execution.id not in places or not self._is_waiting(key):
            return False
        del places[execution.id]
        expiry = expires_at(execution, now)
        self._change(
            key,
            waiting=True,
            status=Status.CANCELLED,
            error=as_stored(failure),
            finished_at=as_stored(now),
            check_at=None,
            expires_at=expiry and int(expiry.timestamp()),
        )
        self.on_write()
        return True

    def free(self, execution: Execution) -> None:
        """End an execution that succeeded, which gives its slot back."""
        self.executions.finish(execution, End(Status.SUCCESS, 0), now=execution.created_at)

    def _give_back(self, ended: Execution) -> None:
        if ended.slot:
            self.taken[ended.slot.line] = self.taken.get(ended.slot.line, 0) - 1

    def _is_waiting(self, key: tuple[str, str]) -> bool:
        found = self.executions.executions.get(key)
        return found is not None and found.is_waiting and found.status is Status.QUEUED

    def _change(self, key: tuple[str, str], *, waiting: bool = False, **changes: Any) -> None:
        current = self.executions.executions[key]
        assert current.slot
        slot = current.slot.model_copy(update={"waiting": waiting})
        update = {"slot": slot, **changes}
        self.executions.executions[key] = current.model_copy(update=update)


class WatchedEngine(FakeEngine):
    """Knows whether a run was started."""

    def describe(self, execution: Execution) -> RunStatus:
        return RunStatus.RUNNING if run_name(execution) in self.started else RunStatus.ABSENT


class Queueing:
    """All that starts, promotes and reconciles, over memory and a clock of its own."""

    def __init__(self) -> None:
        self.at = NOW
        self.store, self.engine = InMemoryExecutions(), WatchedEngine()
        self.slots = InMemorySlots(self.store)
        self.promoter = Promoter(self.slots, self.engine, lambda: self.at)
        self.launcher = Launcher(
            executions=self.store,
            engine=self.engine,
            slots=self.slots,
            promoter=self.promoter,
            retentions=Retentions({}),
            payloads=InMemoryPayloads(),
            sealer=Sealer(InMemoryKeys()),
            now=lambda: self.at,
        )
        self.states: Any = SentTokens()
        self.reconciler = Reconciler(
            executions=self.store,
            engine=self.engine,
            waker=waker_of(self.store, self.states),
            promoter=self.promoter,
            payloads=InMemoryPayloads(),
            now=lambda: self.at,
        )

    def end(self, execution: Execution) -> None:
        """What the last turn of an execution does."""
        assert execution.slot
        self.slots.free(execution)
        self.promoter.promote(execution.slot.line)

    def minute(self) -> list[Action]:
        """What the reconciler does, a minute later."""
        self.at += timedelta(minutes=1)
        return [self.look(due) for due in list(self.reconciler.overdue())]

    def look(self, due: DueExecution | DueGroup) -> Action:
        if isinstance(due, DueGroup):
            return self.reconciler.promote_group(due.group)
        return self.reconciler.reconcile(due.tenant, due.execution_id)

    def of_line(self, line: str) -> list[Execution]:
        """The open executions that need its slots, oldest first, as they were entered."""
        return [
            each
            for each in self.store.executions.values()
            if each.finished_at is None and each.slot and each.slot.line == line
        ]
