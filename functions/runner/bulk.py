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
from shared.aws import table
from shared.config import ExecutionsTableSettings, IdempotencyTableSettings, settings
from shared.executions.bulk.selection import Selector
from shared.executions.bulk.task_types import BulkPlugins
from shared.executions.lifecycle.cancel import Canceller
from shared.executions.lifecycle.requests import StartClaims
from shared.executions.lifecycle.retry import RetryService
from shared.executions.store.copies import CopyRepository
from shared.executions.store.indexes import ExecutionIndex
from shared.executions.store.open_executions import OpenExecutions
from shared.idempotency.claims import IdempotencyRepository
from shared.ids import new_id
from shared.times import utc_now

TENANT = "default"


@cache
def bulk_plugins(machine_arn: str) -> BulkPlugins:
    stored = table(settings(ExecutionsTableSettings).executions_table_name)
    claims = table(settings(IdempotencyTableSettings).idempotency_table_name)
    start = launcher(machine_arn)
    return BulkPlugins(
        chooser=Selector(OpenExecutions(stored), ExecutionIndex(stored)),
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
            claims=StartClaims(IdempotencyRepository(claims), utc_now, new_id),
            launcher=start,
        ),
    )
