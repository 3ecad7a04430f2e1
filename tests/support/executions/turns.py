"""The context of a turn over one execution in memory, for tests of a turn's parts."""

import time
from datetime import UTC, datetime
from typing import Any

from shared.executions.engine.context import TurnContext
from shared.executions.engine.recorder import Recorder
from shared.executions.scheduling.scheduler import Scheduler
from shared.executions.secrets import masking_of
from shared.executions.store.payloads import OutputReader
from shared.executions.tasks.attempt_threads import Threads
from shared.executions.tasks.clocks import Clocks
from shared.executions.tasks.durable import DurableTasks
from shared.executions.tasks.scopes import ScopeBuilder
from shared.flows.plans.plan import Plan
from shared.plugins.registry import find
from tests.support.executions.payloads import InMemoryPayloads
from tests.support.executions.repository import InMemoryExecutions, execution_of


def context_of(plan: Plan, durable_tasks: DurableTasks | None = None, **fields: Any) -> TurnContext:
    """The context of the first turn of an execution; `fields` are the execution's own."""
    execution = execution_of(plan, **fields)
    clocks = Clocks(now=lambda: datetime.now(UTC), monotonic=time.monotonic, sleep=time.sleep)
    scheduler, payloads = Scheduler(plan), InMemoryPayloads()
    masking = masking_of(execution)
    scopes = ScopeBuilder(execution, plan, OutputReader(payloads))
    recorder = Recorder(
        executions=InMemoryExecutions(execution),
        execution=execution,
        scheduler=scheduler,
        scopes=scopes,
        fence=1,
        masking=masking,
        payloads=payloads,
        now=clocks.now,
    )
    threads = Threads(clocks=clocks, find_plugin=find, execution=execution, masking=masking)
    return TurnContext(
        plan=plan,
        execution=execution,
        scheduler=scheduler,
        scopes=scopes,
        recorder=recorder,
        masking=masking,
        threads=threads,
        clocks=clocks,
        durable_tasks=durable_tasks or {},
        read_round=InMemoryExecutions().load_round,
    )
