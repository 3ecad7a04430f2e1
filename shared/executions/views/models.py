"""What clients read of an execution: details, steps, results."""

from typing import Any

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
    """Where results are that no answer holds: an address good for a quarter of an hour."""

    url: str
