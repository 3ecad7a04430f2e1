"""Step Functions' worker: runs one turn of a segment."""

import os
import time
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.config import ExecutionsTableSettings, FlowsTableSettings, settings
from shared.executions.repository import ExecutionRepository
from shared.executions.runner import SegmentRunner, Turn
from shared.executions.threads import Clocks
from shared.flows.plans import PlanRepository
from shared.observability import logger
from shared.plugins.registry import find
from shared.table import table
from shared.times import utc_now


def end_process() -> None:
    """End this process without an answer; Step Functions tries again, with a fresh one."""
    os._exit(1)


@cache
def segment_runner() -> SegmentRunner:
    return SegmentRunner(
        executions=ExecutionRepository(
            table(settings(ExecutionsTableSettings).executions_table_name)
        ),
        plans=PlanRepository(table(settings(FlowsTableSettings).flows_table_name)),
        clocks=Clocks(now=utc_now, monotonic=time.monotonic, sleep=time.sleep),
        find_plugin=find,
        abandon=end_process,
    )


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    turn = Turn.model_validate(event)
    logger.append_keys(executionId=turn.execution_id, segment=turn.segment)
    return (
        segment_runner()
        .run(turn, lambda: context.get_remaining_time_in_millis() / 1000)
        .model_dump(mode="json", by_alias=True)
    )
