"""Timers: one queue. What is due soon is a message with a delay, the rest is the sweep's.

Nothing depends on a timer being right: whoever is woken looks at the clock, so one that comes
early, late or twice costs a turn and changes nothing; one that is lost is made up for by the
reconciler, to the minute.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shared.aws import sqs
from shared.config import TimersSettings, settings
from shared.executions.orchestration.wakeups import Waker, waker
from shared.executions.store.repository import ExecutionRepository, execution_repository
from shared.observability import logger
from shared.times import utc_now

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

MAX_DELAY = timedelta(minutes=15)
"""The longest delay of a message in SQS; the sweep of open executions finds later moments."""


@dataclass(frozen=True)
class TimerQueue:
    """The sender of the queue's messages."""

    queue: "SQSClient"
    queue_url: str
    now: Callable[[], datetime]

    def set(self, tenant: str, execution_id: str, at: datetime) -> None:
        """Have an execution woken at a moment, rounded up to the second, if that is soon.

        What cannot be sent is left to the sweep: a turn need not be made again for it.
        """
        delay = at - self.now()
        if delay > MAX_DELAY:
            return
        try:
            self.queue.send_message(
                QueueUrl=self.queue_url,
                MessageBody=json.dumps({"tenant": tenant, "executionId": execution_id}),
                DelaySeconds=max(0, math.ceil(delay.total_seconds())),
            )
        except (ClientError, BotoCoreError):
            logger.exception("left to the sweep", extra={"executionId": execution_id})


@dataclass(frozen=True)
class TimerHandler:
    """The receiver of the queue's messages."""

    executions: ExecutionRepository
    waker: Waker

    def fire(self, tenant: str, execution_id: str) -> bool:
        """Wake an execution if it is suspended; a turn that is under way sees the time itself."""
        execution = self.executions.find(tenant, execution_id)
        if execution is None or execution.status.is_terminal or not execution.is_parked:
            return False
        logger.info("timer", extra={"executionId": execution_id})
        return self.waker.wake(tenant, execution_id)


@cache
def timer_queue() -> TimerQueue:
    return TimerQueue(sqs(), settings(TimersSettings).timers_queue_url, utc_now)


@cache
def timer_handler() -> TimerHandler:
    return TimerHandler(execution_repository(), waker())
