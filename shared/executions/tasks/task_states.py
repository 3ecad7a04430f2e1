"""The root `tasks`: how tasks ended, as far as a template may know it."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.executions.task_runs import TaskRun, TaskStatus

State = TaskRun | TaskStatus
"""The end of a task; a status stands for one that never runs, and so has no record."""


class TaskStates(Mapping[str, Any]):
    """The tasks that are over, by name, as maps of `status`, `attempt` and `error`.

    One that is not over is not there: reading it is an error, as reading its outputs is.
    """

    def __init__(self, known: Mapping[str, State]) -> None:
        self._known = known

    def __getitem__(self, name: str) -> dict[str, Any]:
        return _shown(self._known[name])

    def __contains__(self, name: object) -> bool:
        return name in self._known

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def _shown(state: State) -> dict[str, Any]:
    if isinstance(state, TaskStatus):
        return {"status": state.value, "attempt": 1, "error": None}
    error = state.error and {
        "code": state.error.code,
        "message": state.error.message,
        "statusCode": state.error.status_code,
    }
    return {"status": state.status.value, "attempt": state.attempt, "error": error}
