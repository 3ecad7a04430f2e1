"""What the routes of /executions work with: made when first needed, once per process."""

import time
from functools import cache

from shared.aws import s3, step_functions, table
from shared.config import (
    EngineSettings,
    ExecutionsTableSettings,
    FlowsTableSettings,
    IdempotencyTableSettings,
    PayloadsSettings,
    RetentionSettings,
    settings,
)
from shared.executions.bulk.service import BulkService
from shared.executions.lifecycle.cancel import Canceller
from shared.executions.lifecycle.concurrency import Promoter
from shared.executions.lifecycle.flow_tests import FlowTestService
from shared.executions.lifecycle.launch import Launcher
from shared.executions.lifecycle.requests import StartClaims
from shared.executions.lifecycle.retry import RetryService
from shared.executions.lifecycle.start import ExecutionService
from shared.executions.orchestration.state_machine import StateMachine
from shared.executions.orchestration.wakeups import Waker
from shared.executions.retention import Retentions
from shared.executions.store.copies import CopyRepository
from shared.executions.store.indexes import ExecutionIndex
from shared.executions.store.payloads import PayloadStore
from shared.executions.store.repository import ExecutionRepository
from shared.executions.store.slots import SlotRepository
from shared.executions.views.reader import ExecutionReader
from shared.flows.plans.repository import PlanRepository
from shared.flows.repository import FlowRepository
from shared.idempotency.claims import IdempotencyRepository
from shared.ids import new_id
from shared.times import utc_now

TENANT = "default"


@cache
def execution_repository() -> ExecutionRepository:
    return ExecutionRepository(table(settings(ExecutionsTableSettings).executions_table_name))


@cache
def payloads() -> PayloadStore:
    return PayloadStore(s3, settings(PayloadsSettings).payloads_bucket_name)


@cache
def plan_repository() -> PlanRepository:
    return PlanRepository(table(settings(FlowsTableSettings).flows_table_name))


@cache
def engine() -> StateMachine:
    return StateMachine(step_functions(), settings(EngineSettings).state_machine_arn)


@cache
def flow_repository() -> FlowRepository:
    return FlowRepository(table(settings(FlowsTableSettings).flows_table_name), TENANT)


@cache
def claims() -> StartClaims:
    kept = table(settings(IdempotencyTableSettings).idempotency_table_name)
    return StartClaims(IdempotencyRepository(kept), utc_now, new_id)


@cache
def slot_repository() -> SlotRepository:
    return SlotRepository(
        table(settings(ExecutionsTableSettings).executions_table_name), time.sleep
    )


@cache
def launcher() -> Launcher:
    return Launcher(
        executions=execution_repository(),
        engine=engine(),
        slots=slot_repository(),
        promoter=Promoter(slot_repository(), engine(), utc_now),
        retentions=Retentions.parse(settings(RetentionSettings).headrace_retention),
        now=utc_now,
    )


@cache
def execution_service() -> ExecutionService:
    return ExecutionService(
        flows=flow_repository(),
        plans=plan_repository(),
        claims=claims(),
        launcher=launcher(),
    )


@cache
def trial_service() -> FlowTestService:
    return FlowTestService(
        flows=flow_repository(),
        plans=plan_repository(),
        claims=claims(),
        launcher=launcher(),
    )


@cache
def retry_service() -> RetryService:
    return RetryService(
        flows=flow_repository(),
        plans=plan_repository(),
        executions=execution_repository(),
        copies=CopyRepository(
            table(settings(ExecutionsTableSettings).executions_table_name), payloads()
        ),
        claims=claims(),
        launcher=launcher(),
    )


@cache
def bulk_service() -> BulkService:
    return BulkService(claims(), launcher())


@cache
def canceller() -> Canceller:
    return Canceller(
        executions=execution_repository(),
        engine=engine(),
        slots=slot_repository(),
        wake=Waker(execution_repository(), step_functions()).wake,
        now=utc_now,
    )


@cache
def execution_reader() -> ExecutionReader:
    return ExecutionReader(
        executions=execution_repository(),
        pages=ExecutionIndex(table(settings(ExecutionsTableSettings).executions_table_name)),
        plans=plan_repository(),
        payloads=payloads(),
    )
