"""What bulk operations work with: imported and made when the first of them runs."""

import time
from functools import cache

from shared.bulk.choosing import Chooser
from shared.bulk.plugins import BulkPlugins
from shared.config import (
    ExecutionsTableSettings,
    FlowsTableSettings,
    IdempotencyTableSettings,
    PayloadsSettings,
    RetentionSettings,
    settings,
)
from shared.executions.cancelling import Canceller
from shared.executions.claiming import Claims
from shared.executions.engine import Engine
from shared.executions.launching import Launcher
from shared.executions.pages import ExecutionPages
from shared.executions.payloads import Payloads
from shared.executions.promoting import Promoter
from shared.executions.repository import ExecutionRepository
from shared.executions.retention import Retentions
from shared.executions.retrying import CopyRepository, RetryService
from shared.executions.slots import SlotRepository
from shared.executions.waking import Waker
from shared.flows.open_executions import OpenExecutions
from shared.flows.plans import PlanRepository
from shared.flows.repository import FlowRepository
from shared.idempotency import IdempotencyRepository
from shared.ids import new_id
from shared.table import s3, step_functions, table
from shared.times import utc_now

TENANT = "default"


@cache
def bulk_plugins(machine_arn: str) -> BulkPlugins:
    stored = table(settings(ExecutionsTableSettings).executions_table_name)
    flows = table(settings(FlowsTableSettings).flows_table_name)
    claims = table(settings(IdempotencyTableSettings).idempotency_table_name)
    executions, engine = ExecutionRepository(stored), Engine(step_functions(), machine_arn)
    slots = SlotRepository(stored, time.sleep)
    return BulkPlugins(
        chooser=Chooser(OpenExecutions(stored), ExecutionPages(stored)),
        executions=executions,
        canceller=Canceller(
            executions=executions,
            engine=engine,
            slots=slots,
            wake=Waker(executions, step_functions()).wake,
            now=utc_now,
        ),
        retries=RetryService(
            flows=FlowRepository(flows, TENANT),
            plans=PlanRepository(flows),
            executions=executions,
            copies=CopyRepository(
                stored, Payloads(s3, settings(PayloadsSettings).payloads_bucket_name)
            ),
            claims=Claims(IdempotencyRepository(claims), utc_now, new_id),
            launcher=Launcher(
                executions=executions,
                engine=engine,
                slots=slots,
                promoter=Promoter(slots, engine, utc_now),
                retentions=Retentions.parse(settings(RetentionSettings).headrace_retention),
                now=utc_now,
            ),
        ),
    )
