"""The root `tasks`: how tasks ended, as far as a template may know it."""

from typing import Any

from shared.executions.task_runs import TaskRun, TaskStatus

State = TaskRun | TaskStatus
"""The end of a task; a status stands for one that never runs, and so has no record."""


def state_shown(state: State) -> dict[str, Any]:
    """Return an end as a template reads it: a map of `status`, `attempt` and `error`."""
    if isinstance(state, TaskStatus):
        return {"status": state.value, "attempt": 1, "error": None}
    error = state.error and {
        "code": state.error.code,
        "message": state.error.message,
        "statusCode": state.error.status_code,
    }
    return {"status": state.status.value, "attempt": state.attempt, "error": error}
