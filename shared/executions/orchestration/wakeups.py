"""Wake-ups of suspended executions: `wake` is called after the commit of what one waits for.

A wake-up is counted on the segment's row before its token is read. A token is only registered if
nothing was counted since the turn began. So neither can miss the other, and a wake-up too many
costs one turn.
"""

from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shared.aws import step_functions
from shared.executions.store.repository import ExecutionRepository, execution_repository
from shared.executions.store.snapshots import TurnFence
from shared.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient

SEGMENT = "main"


class Waker:
    def __init__(self, executions: ExecutionRepository, states: "SFNClient") -> None:
        self._executions = executions
        self._states = states

    def wake(self, tenant: str, execution_id: str) -> bool:
        """Let a suspended execution go on; False when it was not suspended (its turn will see)."""
        token = self._executions.wake_segment(tenant, execution_id, SEGMENT)
        return self._send(token) if token else False

    def can_wake(self, tenant: str, execution_id: str) -> bool:
        """Tell whether an execution is suspended and its token is stored."""
        return self._executions.has_token(tenant, execution_id, SEGMENT)

    def register(self, tenant: str, execution_id: str, *, entry: TurnFence, token: str) -> None:
        """Store a suspended execution's token, or send it at once if something has happened."""
        kept = self._executions.register_token(
            tenant, execution_id, entry=entry, path=SEGMENT, token=token
        )
        if not kept:
            self._send(token)

    def release(self, token: str) -> None:
        """End the wait of a run that is past; one that was stopped does not wait any more."""
        try:
            self._send(token)
        except (ClientError, BotoCoreError):
            logger.exception("a run that is past waits on")

    def _send(self, token: str) -> bool:
        try:
            self._states.send_task_success(taskToken=token, output="{}")
        except (
            self._states.exceptions.TaskDoesNotExist,
            self._states.exceptions.TaskTimedOut,
            self._states.exceptions.InvalidToken,
        ):
            logger.info("a token was spent already")
            return False
        return True


@cache
def waker() -> Waker:
    return Waker(execution_repository(), step_functions())
