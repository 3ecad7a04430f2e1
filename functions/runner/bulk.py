"""What bulk operations work with: imported and made when the first of them runs."""

from functools import cache

from shared.auth.principal import LOCAL_PRINCIPAL
from shared.executions.bulk.selection import Selector
from shared.executions.bulk.task_types import BulkPlugins
from shared.executions.lifecycle.cancel import canceller
from shared.executions.lifecycle.launch import launcher
from shared.executions.lifecycle.requests import StartClaims
from shared.executions.lifecycle.retry import RetryService
from shared.executions.store.copies import copy_repository
from shared.executions.store.indexes import execution_index
from shared.executions.store.open_executions import open_executions
from shared.executions.store.repository import execution_repository
from shared.flows.plans.repository import plan_repository
from shared.flows.repository import flow_repository
from shared.idempotency.claims import claim_repository
from shared.ids import new_id
from shared.times import utc_now


@cache
def bulk_plugins(machine_arn: str) -> BulkPlugins:
    return BulkPlugins(
        chooser=Selector(open_executions(), execution_index()),
        executions=execution_repository(),
        canceller=canceller(machine_arn),
        retries=RetryService(
            flows=flow_repository(LOCAL_PRINCIPAL.tenant),
            plans=plan_repository(),
            executions=execution_repository(),
            copies=copy_repository(),
            claims=StartClaims(claim_repository(), utc_now, new_id),
            launcher=launcher(machine_arn),
        ),
    )
