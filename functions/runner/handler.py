"""Step Functions' worker: runs one turn of a segment."""

import os
import time
from functools import cache, partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.config import (
    ApprovalsTableSettings,
    ExecutionsTableSettings,
    FlowsTableSettings,
    PayloadsSettings,
    RetentionSettings,
    TimersSettings,
    settings,
)
from shared.executions.engine import Engine
from shared.executions.launching import Launcher
from shared.executions.payloads import Payloads
from shared.executions.promoting import Promoter
from shared.executions.repository import ExecutionRepository
from shared.executions.retention import Retentions
from shared.executions.runner import Outside, SegmentRunner, Turn
from shared.executions.slots import SlotRepository
from shared.executions.subflows import Subflows
from shared.executions.threads import Clocks
from shared.executions.timers import Timers
from shared.executions.waking import Waker
from shared.flows.plans import PlanRepository
from shared.flows.repository import FlowRepository
from shared.observability import logger
from shared.people.gates import Gates
from shared.people.repository import ApprovalRepository
from shared.plugins.plugin import Plugin
from shared.plugins.registry import find
from shared.table import s3, sqs, step_functions, table
from shared.times import utc_now


def end_process() -> None:
    """End this process without an answer; Step Functions tries again, with a fresh one."""
    os._exit(1)


@cache
def segment_runner(machine_arn: str) -> SegmentRunner:
    flows = table(settings(FlowsTableSettings).flows_table_name)
    approvals = table(settings(ApprovalsTableSettings).approvals_table_name)
    stored = table(settings(ExecutionsTableSettings).executions_table_name)
    executions = ExecutionRepository(stored)
    payloads = Payloads(s3, settings(PayloadsSettings).payloads_bucket_name)
    plans, slots = PlanRepository(flows), SlotRepository(stored, time.sleep)
    engine = Engine(step_functions(), machine_arn)
    promoter = Promoter(slots, engine, utc_now)
    retentions = Retentions.parse(settings(RetentionSettings).headrace_retention)
    return SegmentRunner(
        executions=executions,
        plans=plans,
        payloads=payloads,
        clocks=Clocks(now=utc_now, monotonic=time.monotonic, sleep=time.sleep),
        find_plugin=partial(find_plugin, machine_arn),
        outside=Outside(
            externals={
                "flow.gate": Gates(ApprovalRepository(approvals)),
                "flow.subflow": Subflows(
                    flows=lambda tenant: FlowRepository(flows, tenant),
                    executions=executions,
                    payloads=payloads,
                    plans=plans,
                    launcher=Launcher(executions, engine, slots, promoter, retentions, utc_now),
                ),
            },
            waker=Waker(executions, step_functions()),
            set_timer=Timers(sqs(), settings(TimersSettings).timers_queue_url, utc_now).set,
            start=engine.start,
            promote=promoter.promote,
        ),
        abandon=end_process,
    )


def find_plugin(machine_arn: str, plugin_id: str) -> Plugin | None:
    """A plugin of the catalog, or one of those that bulk operations are made of."""
    if not plugin_id.startswith("executions."):
        return find(plugin_id)
    # Few turns need it: the others start faster without it.
    from functions.runner.bulk import bulk_plugins  # noqa: PLC0415

    return bulk_plugins(machine_arn).find(plugin_id)


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    turn = Turn.model_validate(event)
    logger.append_keys(executionId=turn.execution_id, segment=turn.segment)
    return (
        segment_runner(turn.machine)
        .run(turn, lambda: context.get_remaining_time_in_millis() / 1000)
        .model_dump(mode="json", by_alias=True)
    )
