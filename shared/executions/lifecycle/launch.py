"""The last steps of every start: put the execution, start its run; each can be repeated."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from botocore.exceptions import BotoCoreError, ClientError

from shared.config import RetentionSettings, settings
from shared.errors import UnavailableError
from shared.executions.lifecycle.concurrency import Promoter, promoter
from shared.executions.models import Execution, Slot, Status
from shared.executions.orchestration.state_machine import StateMachine, state_machine
from shared.executions.retention import Retentions, expires_at
from shared.executions.store.inputs import expire_inputs, with_inputs_url, with_stored_inputs
from shared.executions.store.payloads import PayloadStore, payload_store
from shared.executions.store.repository import ExecutionRepository, execution_repository
from shared.executions.store.slots import Admission, SlotRepository, slot_repository
from shared.executions.task_runs import Failure
from shared.observability import logger
from shared.secrets.deferred import DeferredSealer, Seals
from shared.times import utc_now

REPEATS = timedelta(minutes=15)
"""The time in which clients repeat a start that got no answer, at the least."""


@dataclass(frozen=True)
class Started:
    """An accepted execution, as it was created; `replayed` when its key had started it before."""

    execution: Execution
    replayed: bool


@dataclass(frozen=True)
class Launcher:
    executions: ExecutionRepository
    engine: StateMachine
    slots: SlotRepository
    promoter: Promoter
    retentions: Retentions
    payloads: PayloadStore
    sealer: Seals
    now: Callable[[], datetime]

    def launch(self, execution: Execution, *, replayed: bool) -> Started:
        """Put an execution, or find the one that the same key put, and start its run.

        Once it is put it is accepted, whatever Step Functions says: the reconciler starts what was
        not started. A key may be kept longer than what it started: that is not done once more.
        """
        if replayed and self._has_gone(self.retentions.applied(execution)):
            return Started(execution.as_created(), replayed=True)
        return self._started(self.put(execution), replayed=replayed)

    def _has_gone(self, execution: Execution) -> bool:
        """Tell whether an execution that is not found may have existed and expired since.

        Its retention is counted from its creation, the earliest end it can have. A start that died
        before its put is repeated sooner than that.
        """
        expiry = expires_at(execution, execution.created_at)
        return expiry is not None and self.now() >= max(expiry, execution.created_at + REPEATS)

    def _started(self, execution: Execution, *, replayed: bool) -> Started:
        self.run(execution)
        shown = with_inputs_url(self.payloads, execution.as_created())
        return Started(shown, replayed=replayed)

    def again(self, tenant: str, execution_id: str) -> Started | None:
        """Go on with an execution that an earlier try put; None when none has."""
        execution = self.executions.find(tenant, execution_id)
        return self._started(execution, replayed=True) if execution else None

    def put(self, execution: Execution) -> Execution:
        """Put an execution as it begins: free, waiting, with a slot, or refused for want of one.

        One that was put before is answered as it is now. Large inputs are stored first, so that no
        row names what is not there; a start that dies in between and is never repeated leaves them.
        """
        put = self._put(self.stored(execution))
        return put or self.executions.find(execution.tenant, execution.id) or execution

    def stored(self, execution: Execution) -> Execution:
        """Return an execution as it may be put: retention known, secrets sealed, the large stored.

        UnavailableError while the key of secrets is out of reach; a start that is repeated seals
        anew, so that it needs nothing of its earlier try.
        """
        return with_stored_inputs(self.payloads, self.sealer, self.retentions.applied(execution))

    def run(self, execution: Execution) -> None:
        """Start the run of what has not begun; what waits for a slot gets its turn in its group.

        If it cannot be started now, the reconciler starts it within a minute.
        """
        if execution.status is not Status.QUEUED:
            return
        try:
            self._run(execution)
        except (ClientError, BotoCoreError, UnavailableError):
            logger.exception("start deferred to the reconciler", extra={"id": execution.id})

    def _run(self, execution: Execution) -> None:
        if execution.slot and execution.slot.waiting:
            self.promoter.promote(execution.slot.line)
        else:
            self.engine.start(execution)

    def add_ended(self, execution: Execution) -> Execution | None:
        """Put an execution that has ended before it began; None when it has been put before."""
        if not self.executions.add(execution):
            return None
        # Not before: what is there already may be another end of the same start, or run.
        expire_inputs(self.payloads, execution, self.now())
        return execution

    def _put(self, execution: Execution) -> Execution | None:
        slot = execution.slot
        if slot is None:
            return execution if self.executions.add(execution) else None
        if slot.behavior == "QUEUE":
            return execution if self.slots.enter(execution) else None
        holding = execution.model_copy(update={"slot": slot.model_copy(update={"waiting": False})})
        admission = self.slots.take(holding)
        if admission is Admission.FULL:
            refused = _refused(execution, slot, now=self.now())
            return self.add_ended(refused)
        return holding if admission is Admission.ADMITTED else None


def _refused(execution: Execution, slot: Slot, *, now: datetime) -> Execution:
    """Return the execution that is made when no slot is free and it may not wait: ended already."""
    status = Status.CANCELLED if slot.behavior == "CANCEL" else Status.FAILED
    message = f"all {slot.limit} slots of the flow's concurrency are taken"
    return execution.model_copy(
        update={
            "slot": None,
            "check_at": None,
            "status": status,
            "finished_at": now,
            "error": Failure(code="concurrency_limit", message=message),
        }
    )


@cache
def launcher(machine_arn: str | None = None) -> Launcher:
    return Launcher(
        executions=execution_repository(),
        engine=state_machine(machine_arn),
        slots=slot_repository(),
        promoter=promoter(machine_arn),
        retentions=Retentions.parse(settings(RetentionSettings).headrace_retention),
        payloads=payload_store(),
        sealer=DeferredSealer(),
        now=utc_now,
    )
