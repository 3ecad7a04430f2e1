"""A bench for random flows: people who decide, a service that is silent, and time that passes."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from shared.errors import ExecutionFinishedError
from shared.executions.lifecycle.cancel import Canceller
from shared.executions.models import Execution
from shared.flows.plans.plan import Plan
from shared.people.approvals.gate import GateTask
from shared.people.approvals.models import Decision
from shared.plugins.sdk.plugin import Plugin, PluginError, TaskContext
from tests.support.approvals import InMemoryApprovals
from tests.support.executions.bench import Abandoned, Bench
from tests.support.slots import InMemorySlots

MAX_TURNS = 2_000
DECISIONS = {"yes": Decision.APPROVED, "no": Decision.REJECTED}


class World(Bench):
    """Everything a random flow meets; nothing in it takes any time but that of the clocks.

    `is_resumed` when each turn that dies takes its run with it, so that another goes on.
    `late_starts` counts the tasks that a turn started after a cancel that it had looked for.
    """

    def __init__(self, plan: Plan) -> None:
        self.approvals = InMemoryApprovals()
        self.is_cancelled = False
        self.is_resumed = False
        self.late_starts = 0
        self._looks_at_cancel: int | None = None
        super().__init__(
            plan, {"http.request": self.be_silent}, {"flow.gate": GateTask(self.approvals)}
        )

    def be_silent(self, _properties: Mapping[str, Any], context: TaskContext) -> Any:
        self.skip(max(0.0, context.remaining()) + 0.001)
        raise PluginError("no answer", code="timeout")

    def find_plugin(self, name: str) -> Plugin | None:
        looks = self._looks_at_cancel
        self.late_starts += looks is not None and self.store.looks > looks
        return super().find_plugin(name)

    def on_write(self, note: Callable[[str], None]) -> None:
        """Have `note` called `before` and `after` everything that a turn writes."""
        self.store.on_write = self.approvals.on_write = note

    def to_the_end(self, remaining: Iterator[float]) -> Execution:
        """Turn by turn, whatever dies: people decide as gates ask them to, waits pass."""
        for _ in range(MAX_TURNS):
            left, generation = next(remaining), self.now.generation
            self._looks_at_cancel = None
            try:
                answer = self.turn(generation=generation, remaining=lambda: left)  # noqa: B023 - used in this turn only
            except Abandoned:
                if self.is_resumed and not self.now.status.is_terminal:
                    self._resume()
                continue
            if self.now.status.is_terminal:
                return self.now
            if self.now.generation > generation:
                continue  # what that turn answered is no longer heard
            if answer == "park" and not self._decide():
                assert self.now.wake_at, "nothing will ever happen"
                self.ahead = max(self.ahead, self.now.wake_at - datetime.now(UTC))
            self.ahead += self.pause
        raise AssertionError(f"no end after {MAX_TURNS} turns")

    def cancel(self) -> None:
        """Cancel the execution, unless it has ended."""
        canceller = Canceller(
            executions=self.store,
            engine=self.engine,
            slots=InMemorySlots(self.store),
            payloads=self.payloads,
            wake=lambda _tenant, _id: None,
            now=lambda: datetime.now(UTC) + self.ahead,
        )
        try:
            canceller.cancel("default", self.execution.id)
        except ExecutionFinishedError:
            return
        self.is_cancelled = True
        self._looks_at_cancel = self.store.looks

    def _resume(self) -> None:
        """What the reconciler writes; nobody dies of it here."""
        key = (self.execution.tenant, self.execution.id)
        moved = {"generation": self.now.generation + 1, "is_parked": False, "wake_at": None}
        self.store.executions[key] = self.now.model_copy(update=moved)

    def _decide(self) -> bool:
        """Let somebody decide the oldest question that is not to expire; False if there is none."""
        for approval in self.approvals.all:
            decision = DECISIONS.get(approval.message)
            if approval.is_pending and decision:
                at = datetime.now(UTC) + self.ahead
                decided = approval.decided(decision, by="ana", at=at, comment=None)
                self.approvals.approvals[approval.tenant, approval.id] = decided
                return True
        return False
