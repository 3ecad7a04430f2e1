"""Cancels of executions: one conditional write decides (ADR 6).

The first turn of the next generation then ends the open tasks: `engine/termination`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from botocore.exceptions import BotoCoreError, ClientError

from shared.errors import ExecutionFinishedError, ExecutionNotFoundError, UnavailableError
from shared.executions.models import FIRST_CHECK_AFTER, Execution, Status, TerminationReason
from shared.executions.orchestration.state_machine import StateMachine, state_machine
from shared.executions.orchestration.wakeups import waker
from shared.executions.store.inputs import expire_inputs
from shared.executions.store.payloads import PayloadStore, payload_store
from shared.executions.store.repository import ExecutionRepository, execution_repository
from shared.executions.store.slots import SlotRepository, slot_repository
from shared.executions.task_runs import Failure
from shared.idempotency.response_writer import NOT_KEYED, ResponseWriter
from shared.ids import is_id
from shared.observability import logger
from shared.times import utc_now

TRIES = 5
CANCELLED = Failure(code="cancelled", message="the execution was cancelled")


@dataclass(frozen=True)
class Canceller:
    executions: ExecutionRepository
    engine: StateMachine
    slots: SlotRepository
    payloads: PayloadStore
    wake: Callable[[str, str], object]
    now: Callable[[], datetime]

    def cancel(
        self, tenant: str, execution_id: str, keep: ResponseWriter[Execution] = NOT_KEYED
    ) -> Execution:
        """Cancel an open execution; again while it is closing is the same again.

        From the write on, the old run is fenced out: stopping it only saves its time, and the
        reconciler starts the new one if this fails to. What still waits for a slot ends at once:
        nothing of it has run, and nothing does. Raises ExecutionNotFoundError and
        ExecutionFinishedError.
        """
        for _ in range(TRIES):
            execution = self._open(tenant, execution_id)
            if execution.is_waiting:
                left = execution.model_copy(update={"status": Status.CANCELLED})
                if self.slots.leave(
                    execution, CANCELLED, now=self.now(), also=keep.write_with(left)
                ):
                    # Not before: one that got its slot in between may run for long.
                    self._try(self._let_inputs_go, left)
                    self._tell_parent(left)
                    return left
            elif execution.closing is TerminationReason.CANCEL:
                keep.write_alone(execution)
                self._try(self.engine.start, execution)
                return execution
            elif self._close(execution, keep):
                return self._take_over(execution)
        raise UnavailableError("the execution changes too fast, try again")

    def _open(self, tenant: str, execution_id: str) -> Execution:
        execution = self.executions.find(tenant, execution_id) if is_id(execution_id) else None
        if execution is None:
            raise ExecutionNotFoundError(f"there is no execution {execution_id[:64]!r}")
        if execution.status.is_terminal:
            raise ExecutionFinishedError(f"the execution has ended: {execution.status.value}")
        return execution

    def _close(self, execution: Execution, keep: ResponseWriter[Execution]) -> bool:
        check_at = self.now() + FIRST_CHECK_AFTER
        return self.executions.terminate(
            execution, TerminationReason.CANCEL, check_at=check_at, also=keep.write_with(execution)
        )

    def _let_inputs_go(self, execution: Execution) -> None:
        expire_inputs(self.payloads, execution, self.now())

    def _tell_parent(self, execution: Execution) -> None:
        """Wake the parent of an execution that waited for a slot: nobody else can."""
        if execution.parent:
            try:
                self.wake(execution.tenant, execution.parent.execution_id)
            except (ClientError, BotoCoreError):
                logger.exception("the parent looks itself", extra={"id": execution.id})

    def _take_over(self, old: Execution) -> Execution:
        new = old.model_copy(
            update={
                "generation": old.generation + 1,
                "closing": TerminationReason.CANCEL,
                "due_at": None,
            }
        )
        self._try(self.engine.stop, old)
        self._try(self.engine.start, new)
        return new

    def _try(self, call: Callable[[Execution], None], execution: Execution) -> None:
        try:
            call(execution)
        except (ClientError, BotoCoreError):
            logger.exception("not done after a cancel", extra={"id": execution.id})


@cache
def canceller(machine_arn: str | None = None) -> Canceller:
    return Canceller(
        executions=execution_repository(),
        engine=state_machine(machine_arn),
        slots=slot_repository(),
        payloads=payload_store(),
        wake=waker().wake,
        now=utc_now,
    )
