"""The timers' queue: wakes each execution that a message names, when its time has come."""

import json
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.executions.orchestration.timers import timer_handler
from shared.observability import logger


def fire(record: SQSRecord) -> None:
    named = json.loads(record.body)
    timer_handler().fire(named["tenant"], named["executionId"])


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Fire for each message; those that could not be done come again."""
    return process_partial_response(
        event=event,
        record_handler=fire,
        processor=BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False),
        context=context,
    )
