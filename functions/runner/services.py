"""What turns work with: made when first needed, once per process."""

import os
import time
from functools import cache, partial

from shared.aws import PATIENT, s3, sqs, step_functions, table
from shared.config import (
    ApprovalsTableSettings,
    ExecutionsTableSettings,
    FlowsTableSettings,
    PayloadsSettings,
    RetentionSettings,
    TimersSettings,
    settings,
)
from shared.executions.engine.runner import Outside, SegmentRunner
from shared.executions.lifecycle.concurrency import Promoter
from shared.executions.lifecycle.launch import Launcher
from shared.executions.lifecycle.subflows import Subflows
from shared.executions.orchestration.state_machine import Engine
from shared.executions.orchestration.timers import Timers
from shared.executions.orchestration.wakeups import Waker
from shared.executions.retention import Retentions
from shared.executions.store.payloads import Payloads
from shared.executions.store.repository import ExecutionRepository
from shared.executions.store.slots import SlotRepository
from shared.executions.tasks.clocks import Clocks
from shared.flows.plans.repository import PlanRepository
from shared.flows.repository import FlowRepository
from shared.people.approvals.gate import Gates
from shared.people.approvals.repository import ApprovalRepository
from shared.plugins.registry import find
from shared.plugins.sdk.plugin import Plugin
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
    return Payloads(partial(s3, PATIENT), settings(PayloadsSettings).payloads_bucket_name)


@cache
def waker() -> Waker:
    return Waker(execution_repository(), step_functions(PATIENT))


@cache
def launcher(machine_arn: str) -> Launcher:
    stored = table(settings(ExecutionsTableSettings).executions_table_name)
    slots, engine = SlotRepository(stored, time.sleep), Engine(step_functions(PATIENT), machine_arn)
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
