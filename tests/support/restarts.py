"""A world whose runs die, and a reconciler that looks after it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.executions.lifecycle.concurrency import Promoter
from shared.executions.lifecycle.reconciler import Action, Reconciler
from shared.executions.models import Execution
from shared.executions.orchestration.state_machine import RunStatus
from shared.plugins.sdk.plugin import Plugin
from tests.support.executions.bench import Abandoned
from tests.support.executions.step_functions import FakeEngine, waker_of
from tests.support.plans import plan_of
from tests.support.slots import InMemorySlots
from tests.support.worlds import World


class Runs(FakeEngine):
    """What Step Functions says of the newest run."""

    found = RunStatus.RUNNING
    on_look: Callable[[], None] | None = None

    def describe(self, execution: Execution) -> RunStatus:
        del execution
        if self.on_look:
            self.on_look()
        return self.found

    def start_run(self, tenant: str, execution_id: str, *, generation: int) -> None:
        super().start_run(tenant, execution_id, generation=generation)
        self.found = RunStatus.RUNNING

    def stop(self, execution: Execution) -> None:
        super().stop(execution)
        self.found = RunStatus.DIED


class Restarted(World):
    """A world with a reconciler; the engine dies of tasks of the type `deadly`."""

    deadly = ""

    def __init__(self, *tasks: Any, **fields: Any) -> None:
        super().__init__(plan_of(*tasks, **fields))
        self.runs_of_machine = Runs()
        self.reconciler = Reconciler(
            executions=self.store,
            engine=self.runs_of_machine,
            waker=waker_of(self.store, self.states),
            promoter=Promoter(InMemorySlots(self.store), self.runs_of_machine, self.clock),
            payloads=self.payloads,
            now=self.clock,
        )

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def look(self, **later: float) -> Action:
        self.ahead += timedelta(**later)
        return self.reconciler.reconcile("default", self.execution.id)

    def find_plugin(self, name: str) -> Plugin | None:
        if name == self.deadly:
            raise Abandoned
        return super().find_plugin(name)

    def next_turn(self) -> str:
        return self.turn(generation=self.now.generation)

    def restart(self) -> None:
        """Every run fails, as when Step Functions restarts; a minute later someone looks."""
        self.runs_of_machine.found = RunStatus.DIED
        assert self.look(minutes=1) is Action.RESUMED
