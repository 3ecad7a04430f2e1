"""The end of an execution: its status, and the reason of an early one as a failure of its tasks."""

from shared.executions.models import Status, TerminationReason
from shared.executions.task_runs import Failure

MAX_STALLS = 3
"""The number of generations in a row without progress after which an execution is ended."""


def termination_failure(reason: TerminationReason | None) -> Failure:
    """Return the failure of tasks that are ended early, and of their execution."""
    if reason is TerminationReason.TIMEOUT:
        return Failure(code="flow_timeout", message="the flow's timeout has passed")
    if reason is TerminationReason.ENGINE_ERROR:
        died = f"the engine died {MAX_STALLS} times in a row without getting further"
        return Failure(code="engine_error", message=died, status=Status.FAILED.value)
    return Failure(code="cancelled", message="the execution was cancelled")


def end_status(reason: TerminationReason | None, error: Failure | None) -> Status:
    """Return the status that an execution ends with."""
    if reason is TerminationReason.CANCEL:
        return Status.CANCELLED
    if reason is TerminationReason.TIMEOUT:
        return Status.TIMED_OUT
    return Status.FAILED if error else Status.SUCCESS
