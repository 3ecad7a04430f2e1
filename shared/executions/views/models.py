"""The views of an execution that clients read: details, steps, results."""

from typing import Any, Literal

from shared.executions.models import Execution, Status
from shared.executions.task_runs import TaskRun, TaskStatus
from shared.records import Record
from shared.times import Timestamp


class ExecutionDetail(Record):
    execution: Execution
    tasks: tuple[TaskRun, ...]


class StepResult(Record):
    """A settled task with its outputs as JSON (not as text)."""

    task_name: str
    task_type: str
    status: TaskStatus
    outputs: dict[str, Any] | None
    error: Any = None
    started_at: Timestamp | None = None
    finished_at: Timestamp | None = None
    duration_ms: int | None = None


class ExecutionResults(Record):
    execution_id: str
    status: Status
    step_results: tuple[StepResult, ...]
    final_output: dict[str, Any] | None
    error: Any = None


class ResultsLink(Record):
    """The address of results too large for an answer; good for a quarter of an hour."""

    url: str


class StartedExecution(Record):
    """The answer to a start of a flow."""

    execution_id: str
    status: Status
    tasks_total: int


class CreatedExecution(Execution):
    execution_id: str


class CancelledExecution(Record):
    """A cancel that was accepted: `status` until the execution has settled and is CANCELLED."""

    execution_id: str
    status: Status


class DryRun(Record):
    """The effects that a start would have; nothing was made."""

    valid: Literal[True] = True
    flow_id: str
    flow_revision: int
    tasks_total: int
