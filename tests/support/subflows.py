"""Subflows for benches: children in memory, and a table of flows that notes what it is asked."""

from datetime import UTC, datetime
from typing import Any

from shared.executions.lifecycle.concurrency import Promoter
from shared.executions.lifecycle.launch import Launcher
from shared.executions.lifecycle.subflows import Subflows
from shared.executions.retention import Retentions
from shared.flows.plans.plan import Plan
from shared.flows.repository import FlowRepository
from shared.secrets.sealing import Sealer
from tests.support.executions.bench import OnePlan
from tests.support.executions.payloads import InMemoryPayloads
from tests.support.executions.repository import InMemoryExecutions
from tests.support.executions.step_functions import FakeEngine
from tests.support.namespaces import NO_NAMESPACES
from tests.support.sealing import InMemoryKeys
from tests.support.slots import InMemorySlots


class KeysOnly:
    """A table without a single item; `keys` are those that were read."""

    def __init__(self) -> None:
        self.keys: list[dict[str, str]] = []

    def get_item(self, *, Key: dict[str, str], **_how: Any) -> dict[str, Any]:  # noqa: N803 - AWS's names
        self.keys.append(Key)
        return {}


def subflows_of(executions: InMemoryExecutions, plan: Plan, flows: Any) -> Subflows:
    """What starts the children of executions in memory, whose flows are in a table."""

    def now() -> datetime:
        return datetime.now(UTC)

    slots, engine, payloads = InMemorySlots(executions), FakeEngine(), InMemoryPayloads()
    return Subflows(
        flows=lambda tenant: FlowRepository(flows, tenant),
        executions=executions,
        plans=OnePlan(plan),
        namespaces=NO_NAMESPACES,
        launcher=Launcher(
            executions=executions,
            engine=engine,
            slots=slots,
            promoter=Promoter(slots, engine, now),
            retentions=Retentions.parse(""),
            payloads=payloads,
            sealer=Sealer(InMemoryKeys()),
            now=now,
        ),
        payloads=payloads,
    )
