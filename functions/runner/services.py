"""What turns work with: made when first needed, once per process."""

import os
import time
from functools import cache

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
from shared.executions.runner import Outside, SegmentRunner
from shared.executions.slots import SlotRepository
from shared.executions.subflows import Subflows
from shared.executions.threads import Clocks
from shared.executions.timers import Timers
from shared.executions.waking import Waker
from shared.flows.plans import PlanRepository
from shared.flows.repository import FlowRepository
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
def execution_repository() -> ExecutionRepository:
    return ExecutionRepository(table(settings(ExecutionsTableSettings).executions_table_name))


@cache
def plan_repository() -> PlanRepository:
    return PlanRepository(table(settings(FlowsTableSettings).flows_table_name))


def flow_repository(tenant: str) -> FlowRepository:
    return FlowRepository(table(settings(FlowsTableSettings).flows_table_name), tenant)


@cache
def payloads() -> Payloads:
    return Payloads(s3, settings(PayloadsSettings).payloads_bucket_name)


@cache
def waker() -> Waker:
    return Waker(execution_repository(), step_functions())


@cache
def launcher(machine_arn: str) -> Launcher:
    stored = table(settings(ExecutionsTableSettings).executions_table_name)
    slots, engine = SlotRepository(stored, time.sleep), Engine(step_functions(), machine_arn)
    return Launcher(
        executions=execution_repository(),
        engine=engine,
        slots=slots,
        promoter=Promoter(slots, engine, utc_now),
        retentions=Retentions.parse(settings(RetentionSettings).headrace_retention),
        now=utc_now,
    )


@cache
def subflows(machine_arn: str) -> Subflows:
    return Subflows(
        flows=flow_repository,
        executions=execution_repository(),
        plans=plan_repository(),
        launcher=launcher(machine_arn),
        payloads=payloads(),
    )


@cache
def segment_runner(machine_arn: str) -> SegmentRunner:
    """Runs turns on the machine that asks for them: its children run there too."""
    approvals = table(settings(ApprovalsTableSettings).approvals_table_name)
    start = launcher(machine_arn)
    return SegmentRunner(
        executions=execution_repository(),
        plans=plan_repository(),
        payloads=payloads(),
        clocks=Clocks(now=utc_now, monotonic=time.monotonic, sleep=time.sleep),
        find_plugin=lambda plugin_id: find_plugin(machine_arn, plugin_id),
        outside=Outside(
            externals={
                "flow.gate": Gates(ApprovalRepository(approvals)),
                "flow.subflow": subflows(machine_arn),
            },
            waker=waker(),
            set_timer=Timers(sqs(), settings(TimersSettings).timers_queue_url, utc_now).set,
            start=start.engine.start,
            promote=start.promoter.promote,
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
