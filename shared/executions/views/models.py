"""The views of an execution that clients read: details, steps, results."""

from typing import Any, Literal

from pydantic import Field

from shared.executions.models import Execution, Status
from shared.executions.task_runs import TaskRun, TaskStatus
from shared.records import Record
from shared.times import Timestamp


class ExecutionDetail(Record):
    execution: Execution
    tasks: tuple[TaskRun, ...]


class ExecutionSummary(Execution):
    """An execution without what is large: its inputs, its outputs, and where they are."""

    inputs: dict[str, Any] | None = Field(default=None, exclude=True)
    inputs_url: str | None = Field(default=None, exclude=True)
    outputs: dict[str, Any] | None = Field(default=None, exclude=True)
    outputs_url: str | None = Field(default=None, exclude=True)

    @classmethod
    def of(cls, execution: Execution) -> "ExecutionSummary":
        """Return what a summary shows of an execution."""
        return cls.model_construct(**_fields(execution))


class TaskRunSummary(TaskRun):
    """A task run without its outputs, and where they are."""

    outputs: str | None = Field(default=None, exclude=True)
    outputs_url: str | None = Field(default=None, exclude=True)

    @classmethod
    def of(cls, run: TaskRun) -> "TaskRunSummary":
        """Return what a summary shows of a task run."""
        return cls.model_construct(**_fields(run))


def _fields(shown: Record) -> dict[str, Any]:
    return {name: getattr(shown, name) for name in type(shown).model_fields}


class ExecutionDetailSummary(Record):
    execution: ExecutionSummary
    tasks: tuple[TaskRunSummary, ...]


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
