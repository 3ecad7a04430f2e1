"""The services of turns: made when first needed, once per process."""

import os
import time
from collections.abc import Collection, Mapping
from functools import cache

from shared.executions.engine.runner import SegmentRunner, TurnServices
from shared.executions.lifecycle.launch import launcher
from shared.executions.lifecycle.subflows import subflows
from shared.executions.orchestration.timers import timer_queue
from shared.executions.orchestration.wakeups import waker
from shared.executions.store.payloads import payload_store
from shared.executions.store.repository import execution_repository
from shared.executions.store.sealed_inputs import input_opener
from shared.executions.tasks.clocks import Clocks
from shared.executions.tasks.credentials import StoredCredential
from shared.flows.plans.repository import plan_repository
from shared.kv.task_type import kv_plugin, read_text
from shared.namespaces.variables import variable_reader
from shared.people.approvals.gate import GateTask
from shared.people.approvals.repository import approval_repository
from shared.plugins.registry import find
from shared.plugins.sdk.plugin import Plugin
from shared.times import utc_now


def end_process() -> None:
    """End this process without an answer; Step Functions tries again, with a fresh one."""
    os._exit(1)


@cache
def segment_runner(machine_arn: str) -> SegmentRunner:
    """Return a runner of turns on the machine that asks for them: its children run there too."""
    start = launcher(machine_arn)
    return SegmentRunner(
        executions=execution_repository(),
        plans=plan_repository(),
        payloads=payload_store(),
        clocks=Clocks(now=utc_now, monotonic=time.monotonic, sleep=time.sleep),
        find_plugin=lambda plugin_id: find_plugin(machine_arn, plugin_id),
        services=TurnServices(
            durable_tasks={
                "flow.gate": GateTask(approval_repository()),
                "flow.subflow": subflows(machine_arn),
            },
            waker=waker(),
            set_timer=timer_queue().set,
            start=start.engine.start,
            promote=start.promoter.promote,
            read_credentials=read_credentials,
            open_inputs=input_opener().opened,
            read_key=read_text,
            read_variables=variable_reader(),
        ),
        abandon=end_process,
    )


def read_credentials(
    tenant: str, namespace: str, names: Collection[str]
) -> Mapping[str, StoredCredential]:
    """See `shared.executions.tasks.credentials.ReadCredentials`."""
    # Its cryptography takes longer to import than most turns: those that name none do without.
    from shared.credentials.resolver import credential_resolver  # noqa: PLC0415

    return credential_resolver().read(tenant, namespace, names)


def find_plugin(machine_arn: str, plugin_id: str) -> Plugin | None:
    """Return a plugin of the catalog, or one of those that bulk operations are made of."""
    if plugin_id == "core.kv":
        return kv_plugin()
    if not plugin_id.startswith("executions."):
        return find(plugin_id)
    # Few turns need it: the others start faster without it.
    from shared.executions.bulk.task_types import bulk_plugins  # noqa: PLC0415

    return bulk_plugins(machine_arn).find(plugin_id)
