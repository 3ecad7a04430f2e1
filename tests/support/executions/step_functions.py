"""Step Functions in memory: runs that are started and stopped, tokens that are sent."""

from typing import Any

from shared.executions.models import Execution
from shared.executions.orchestration.state_machine import StateMachine, run_name
from shared.executions.orchestration.wakeups import Waker
from shared.executions.store.repository import ExecutionRepository


class SentTokens:
    """Step Functions, as far as tokens go."""

    exceptions = type(
        "exceptions",
        (),
        dict.fromkeys(("TaskDoesNotExist", "TaskTimedOut", "InvalidToken"), KeyError),
    )

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.spent: set[str] = set()

    def send_task_success(self, *, taskToken: str, output: str) -> None:  # noqa: N803 - AWS's names
        assert output == "{}"
        if taskToken in self.spent:
            raise KeyError(taskToken)
        self.sent.append(taskToken)


def waker_of(store: ExecutionRepository, states: Any) -> Waker:
    return Waker(store, states)


class FakeEngine(StateMachine):
    """Notes the names of the runs that it was to start and stop; raises `error` if there is one."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.stopped: list[str] = []
        self.error: Exception | None = None

    def start_run(self, tenant: str, execution_id: str, *, generation: int) -> None:
        del tenant
        self._note(self.started, f"{execution_id}-{generation}")

    def stop(self, execution: Execution) -> None:
        self._note(self.stopped, run_name(execution))

    def _note(self, runs: list[str], name: str) -> None:
        if self.error:
            raise self.error
        runs.append(name)
