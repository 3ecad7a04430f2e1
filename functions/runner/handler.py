"""Step Functions' worker: runs one turn of a segment."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.runner.services import segment_runner
from shared.executions.engine.messages import TurnRequest
from shared.observability import logger


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    turn = TurnRequest.model_validate(event)
    logger.append_keys(executionId=turn.execution_id, segment=turn.segment)
    return (
        segment_runner(turn.machine)
        .run(turn, lambda: context.get_remaining_time_in_millis() / 1000)
        .model_dump(mode="json", by_alias=True)
    )
