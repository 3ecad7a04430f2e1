"""The last steps of every start: put the execution, start its run; each can be repeated."""

from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from shared.executions.engine import Engine
from shared.executions.models import Execution, Status
from shared.executions.repository import ExecutionRepository
from shared.observability import logger


@dataclass(frozen=True)
class Started:
    """An accepted execution, as it was created; `replayed` when its key had started it before."""

    execution: Execution
    replayed: bool


@dataclass(frozen=True)
class Launcher:
    executions: ExecutionRepository
    engine: Engine

    def launch(self, execution: Execution, *, replayed: bool) -> Started:
        """Put an execution, or find the one that the same key put, and start its run.

        Once it is put it is accepted, whatever Step Functions says: the reconciler starts what was
        not started.
        """
        if not self.executions.add(execution):
            execution = self.executions.find(execution.tenant, execution.id) or execution
        return Started(self._run(execution).as_created(), replayed=replayed)

    def again(self, tenant: str, execution_id: str) -> Started | None:
        """Go on with an execution that an earlier try put; None when none has."""
        execution = self.executions.find(tenant, execution_id)
        if execution is None:
            return None
        return Started(self._run(execution).as_created(), replayed=True)

    def _run(self, execution: Execution) -> Execution:
        if execution.status is Status.QUEUED:
            try:
                self.engine.start(execution)
            except (ClientError, BotoCoreError):
                logger.exception("start deferred to the reconciler", extra={"id": execution.id})
        return execution
