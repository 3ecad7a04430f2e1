"""What bulk operations work with: imported and made when the first of them runs."""

from functools import cache

from functions.runner.services import (
    execution_repository,
    flow_repository,
    launcher,
    payloads,
    plan_repository,
    waker,
)
from shared.bulk.choosing import Chooser
from shared.bulk.plugins import BulkPlugins
from shared.config import ExecutionsTableSettings, IdempotencyTableSettings, settings
from shared.executions.cancelling import Canceller
from shared.executions.claiming import Claims
from shared.executions.pages import ExecutionPages
from shared.executions.retrying import CopyRepository, RetryService
from shared.flows.open_executions import OpenExecutions
from shared.idempotency import IdempotencyRepository
from shared.ids import new_id
from shared.table import table
from shared.times import utc_now

TENANT = "default"


@cache
def bulk_plugins(machine_arn: str) -> BulkPlugins:
    stored = table(settings(ExecutionsTableSettings).executions_table_name)
    claims = table(settings(IdempotencyTableSettings).idempotency_table_name)
    start = launcher(machine_arn)
    return BulkPlugins(
        chooser=Chooser(OpenExecutions(stored), ExecutionPages(stored)),
        executions=execution_repository(),
        canceller=Canceller(
            executions=execution_repository(),
            engine=start.engine,
            slots=start.slots,
            wake=waker().wake,
            now=utc_now,
        ),
        retries=RetryService(
            flows=flow_repository(TENANT),
            plans=plan_repository(),
            executions=execution_repository(),
            copies=CopyRepository(stored, payloads()),
            claims=Claims(IdempotencyRepository(claims), utc_now, new_id),
            launcher=start,
        ),
    )
