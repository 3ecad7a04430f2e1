"""The timers' queue: wakes each execution that a message names, when its time has come."""

import json
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.aws import step_functions, table
from shared.config import ExecutionsTableSettings, settings
from shared.executions.orchestration.timers import TimerHandler
from shared.executions.orchestration.wakeups import Waker
from shared.executions.store.repository import ExecutionRepository
from shared.observability import logger


@cache
def alarm() -> TimerHandler:
    executions = ExecutionRepository(table(settings(ExecutionsTableSettings).executions_table_name))
    return TimerHandler(executions, Waker(executions, step_functions()))


def ring(record: SQSRecord) -> None:
    named = json.loads(record.body)
    alarm().fire(named["tenant"], named["executionId"])


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Ring for each message; those that could not be done come again."""
    return process_partial_response(
        event=event,
        record_handler=ring,
        processor=BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False),
        context=context,
    )
