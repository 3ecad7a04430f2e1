"""The active flows that name a credential, told from their records when somebody asks.

Records carry the names since credentials exist; of one that was saved before, its plan tells them.
Nothing is written for this when a flow is saved: deletions are rare, saves are not.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from shared.flows.models import FlowRecord, FlowStatus
from shared.flows.plans.plan import Plan
from shared.flows.repository import FlowRepository

READ_AT_ONCE = 500


@dataclass(frozen=True)
class FlowUses:
    """The uses of credentials by the flows of one tenant; `find_plan` is by flow and revision."""

    flows: FlowRepository
    find_plan: Callable[[str, int], Plan]

    def of_credential(self, name: str) -> list[FlowRecord]:
        """Return the active flows whose current text says `${NAME}`, newest first."""
        return [flow for flow in self._all() if self._names(flow, name)]

    def _all(self) -> Iterator[FlowRecord]:
        after: str | None = None
        while read := self.flows.newest(READ_AT_ONCE, after):
            yield from read
            if len(read) < READ_AT_ONCE:
                return
            after = read[-1].id

    def _names(self, flow: FlowRecord, name: str) -> bool:
        if flow.status is not FlowStatus.ACTIVE:
            return False
        if flow.credentials is not None:
            return name in flow.credentials
        # Only what was saved before asks for the parser of expressions.
        from shared.flows.plans.credential_names import credential_names  # noqa: PLC0415

        plan = self.find_plan(flow.id, flow.revision)
        return name in credential_names(planned.task for planned in plan.tasks)
