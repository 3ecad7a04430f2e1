"""What the routes of executions work with, made for each caller."""

from functools import cache

from shared.executions.bulk.service import BulkService
from shared.executions.lifecycle.cancel import Canceller, canceller
from shared.executions.lifecycle.flow_tests import FlowTestService
from shared.executions.lifecycle.launch import launcher
from shared.executions.lifecycle.requests import StartClaims
from shared.executions.lifecycle.retry import RetryService
from shared.executions.lifecycle.start import ExecutionService
from shared.executions.store.copies import copy_repository
from shared.executions.store.repository import execution_repository
from shared.flows.plans.repository import plan_repository
from shared.flows.repository import flow_repository
from shared.http.caller import Caller
from shared.idempotency.claims import claim_repository
from shared.ids import new_id
from shared.times import utc_now


@cache
def claims() -> StartClaims:
    return StartClaims(claim_repository(), utc_now, new_id)


def execution_service(caller: Caller) -> ExecutionService:
    return ExecutionService(
        flows=flow_repository(caller.tenant),
        plans=plan_repository(),
        claims=claims(),
        launcher=launcher(),
    )


def flow_test_service(caller: Caller) -> FlowTestService:
    return FlowTestService(
        flows=flow_repository(caller.tenant),
        plans=plan_repository(),
        claims=claims(),
        launcher=launcher(),
    )


def retry_service(caller: Caller) -> RetryService:
    return RetryService(
        flows=flow_repository(caller.tenant),
        plans=plan_repository(),
        executions=execution_repository(),
        copies=copy_repository(),
        claims=claims(),
        launcher=launcher(),
    )


def bulk_service() -> BulkService:
    return BulkService(claims(), launcher())


def execution_canceller() -> Canceller:
    """Return the canceller; a parameter of a dependency would become one of the request."""
    return canceller()
