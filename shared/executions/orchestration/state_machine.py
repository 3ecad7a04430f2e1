"""Step Functions as the engine: starts the run behind a generation, and asks how it went."""

import json
from enum import Enum, auto
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.aws import step_functions
from shared.config import EngineSettings, settings
from shared.errors import THROTTLES
from shared.executions.models import Execution

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient


class RunStatus(Enum):
    """The status of a generation's run in Step Functions."""

    ABSENT = auto()
    RUNNING = auto()
    SUCCEEDED = auto()
    DIED = auto()


class StateMachine:
    """One state machine; a run is named `executionId-generation`, so a start can be repeated."""

    def __init__(self, states: "SFNClient", machine_arn: str) -> None:
        self._states = states
        self._machine_arn = machine_arn

    def start(self, execution: Execution) -> None:
        """Start the run of an execution's generation; one that exists already counts as started."""
        self.start_run(execution.tenant, execution.id, generation=execution.generation)

    def start_run(self, tenant: str, execution_id: str, *, generation: int) -> None:
        """Start the run of an execution that was not read, as `start` does."""
        turn = {"tenant": tenant, "executionId": execution_id, "generation": generation}
        name = f"{execution_id}-{generation}"
        try:
            self._states.start_execution(
                stateMachineArn=self._machine_arn, name=name, input=json.dumps(turn)
            )
        except self._states.exceptions.ExecutionAlreadyExists:
            return

    def stop(self, execution: Execution) -> None:
        """Stop the run of an execution's generation; one that is not there needs no stopping."""
        try:
            self._states.stop_execution(executionArn=self._run_arn(execution))
        except self._states.exceptions.ExecutionDoesNotExist:
            return

    def describe(self, execution: Execution) -> RunStatus:
        """Ask for the run of an execution's generation (15 a second: for the overdue only)."""
        try:
            answer = self._states.describe_execution(executionArn=self._run_arn(execution))
        except self._states.exceptions.ExecutionDoesNotExist:
            return RunStatus.ABSENT
        return {
            "RUNNING": RunStatus.RUNNING,
            "PENDING_REDRIVE": RunStatus.DIED,
            "SUCCEEDED": RunStatus.SUCCEEDED,
        }.get(answer["status"], RunStatus.DIED)

    def _run_arn(self, execution: Execution) -> str:
        arn = self._machine_arn.replace(":stateMachine:", ":execution:")
        return f"{arn}:{run_name(execution)}"


def is_over_quota(error: Exception) -> bool:
    """Tell whether Step Functions refused a call for its quota, which all executions share."""
    return (
        isinstance(error, ClientError)
        and error.operation_name in {"DescribeExecution", "StartExecution", "StopExecution"}
        and error.response["Error"]["Code"] in THROTTLES
    )


def run_name(execution: Execution) -> str:
    return f"{execution.id}-{execution.generation}"


@cache
def state_machine(arn: str | None = None) -> StateMachine:
    """Return the machine with this ARN; without one, the machine that the environment names.

    The runner is told the ARN by whoever invokes it: a machine that names its function cannot be
    named in that function's environment.
    """
    return StateMachine(step_functions(), arn or settings(EngineSettings).state_machine_arn)
