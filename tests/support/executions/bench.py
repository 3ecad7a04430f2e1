"""One execution in memory and a runner over it, with plugins of the test's own."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.executions.engine.messages import TurnRequest, TurnResponse
from shared.executions.engine.runner import MAX_TURNS, SegmentRunner, TurnServices, as_it_is
from shared.executions.engine.sealed_inputs import OpenInputs
from shared.executions.models import Execution
from shared.executions.task_runs import TaskRun
from shared.executions.tasks.clocks import Clocks
from shared.executions.tasks.credentials import ReadCredentials, none_stored
from shared.executions.tasks.durable import DurableTasks
from shared.executions.tasks.key_reads import ReadKey
from shared.flows.plans.plan import Plan
from shared.flows.plans.repository import PlanRepository
from shared.plugins.registry import find
from shared.plugins.sdk.plugin import Manifest, Plugin, PluginError, Run, TaskContext
from shared.watchdog import Watchdog
from tests.support.executions.payloads import InMemoryPayloads
from tests.support.executions.repository import InMemoryExecutions, as_stored, execution_of
from tests.support.executions.step_functions import FakeEngine, SentTokens, waker_of
from tests.support.slow_plugins import Lingering


class OnePlan(PlanRepository):
    """The same plan whatever is asked for."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def get(self, tenant: str, flow_id: str, revision: int) -> Plan:
        del tenant, flow_id, revision
        return self._plan


class Abandoned(SystemExit):
    """Stands for the end of the process."""


def abandon() -> None:
    raise Abandoned


def no_key(_tenant: str, _namespace: str, _key: str) -> str | None:
    """Find nothing, as an empty store."""
    return None


class Bench:
    """One execution in memory, and a runner for it with plugins of the test's own."""

    def __init__(
        self,
        plan: Plan,
        plugins: Mapping[str, Run] | None = None,
        externals: DurableTasks | None = None,
        most_turns: int = MAX_TURNS,
        *,
        read_key: ReadKey = no_key,
        ticks: bool = True,
        watchdog: Callable[[], Watchdog] = Watchdog,
        credentials: ReadCredentials = none_stored,
        open_inputs: OpenInputs = as_it_is,
        **fields: Any,
    ) -> None:
        self.ahead = timedelta(0)
        """How far the clocks were moved on; nothing else moves them unless they tick."""
        began, monotonic = datetime.now(UTC), time.monotonic()
        self._skipping = threading.Lock()
        self.execution = execution_of(plan, **fields)
        self.answer = TurnResponse(next="done")
        self.store = InMemoryExecutions(self.execution)
        self.payloads = InMemoryPayloads()
        self.externals = dict(externals or {})
        self.plugins = {name: _plugin(name, run) for name, run in (plugins or {}).items()}
        for run in (plugins or {}).values():
            if isinstance(run, Lingering):
                run.bench = self
        self.states: Any = SentTokens()
        self.timers: list[datetime] = []
        self.engine = FakeEngine()
        self.promoted: list[str] = []
        self.runner = SegmentRunner(
            executions=self.store,
            plans=OnePlan(plan),
            payloads=self.payloads,
            clocks=Clocks(
                now=lambda: as_stored((datetime.now(UTC) if ticks else began) + self.ahead),
                monotonic=lambda: (
                    (time.monotonic() if ticks else monotonic) + self.ahead.total_seconds()
                ),
                sleep=self.skip,
            ),
            find_plugin=self.find_plugin,
            services=TurnServices(
                durable_tasks=self.externals,
                waker=waker_of(self.store, self.states),
                set_timer=lambda _tenant, _id, at: self.timers.append(at),
                start=self.engine.start,
                promote=self.promoted.append,
                read_key=read_key,
                read_credentials=credentials,
                open_inputs=open_inputs,
            ),
            abandon=abandon,
            most_turns=most_turns,
            watchdog=watchdog,
        )

    def find_plugin(self, name: str) -> Plugin | None:
        return self.plugins.get(name) or find(name)

    def skip(self, seconds: float) -> None:
        """Let time pass, without anybody waiting for it."""
        with self._skipping:
            self.ahead += timedelta(seconds=seconds)

    def turn(self, *, generation: int = 1, remaining: Callable[[], float] = lambda: 900.0) -> str:
        """Run one turn; what it tells the state machine."""
        turn = TurnRequest(
            tenant="default",
            execution_id=self.execution.id,
            generation=generation,
            segment="main",
            machine="arn:machine",
        )
        self.answer = self.runner.run(turn, remaining)
        return self.answer.next

    def register(self, token: str) -> None:
        """Hand over the token of the parked run that the last turn asked for."""
        self.runner.run(
            TurnRequest(
                tenant="default",
                execution_id=self.execution.id,
                generation=self.now.generation,
                segment="main",
                machine="arn:machine",
                token=token,
                fence=self.answer.fence,
                wakes=self.answer.wakes,
            ),
            lambda: 900.0,
        )

    def run(self, *, turns: int = 50) -> Execution:
        """Run turns until the end; waits pass by moving the clock."""
        for _ in range(turns):
            generation = self.now.generation
            if self.turn(generation=generation) == "done" and self.now.generation == generation:
                return self.now
            self.ahead += timedelta(seconds=self.answer.delay_seconds)
        raise AssertionError(f"no end after {turns} turns")

    @property
    def now(self) -> Execution:
        return self.store.executions["default", self.execution.id]

    @property
    def runs(self) -> dict[str, TaskRun]:
        return self.store.runs.get(("default", self.execution.id), {})

    @property
    def pause(self) -> timedelta:
        """How long the state machine waits after the last turn."""
        return timedelta(seconds=self.answer.delay_seconds)

    def statuses(self) -> dict[str, str]:
        return {name: run.status.value for name, run in self.runs.items()}


def _plugin(name: str, run: Run) -> Plugin:
    anything: dict[str, Any] = {"type": "object"}
    manifest = Manifest(
        id=name,
        name=name,
        category="core",
        description="of a test",
        input_schema=anything,
        output_schema=anything,
    )
    return Plugin(manifest, run)


def sleeping(seconds: float) -> Run:
    """A plugin that takes its time and ignores its deadline."""

    def run(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        time.sleep(seconds)
        return {"slept": seconds}

    return run


def failing(error: Exception | None = None) -> Run:
    """A plugin that fails."""

    def run(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        raise error or PluginError("it broke", code="broken", status_code=503, outputs={"kept": 1})

    return run


def error_of(bench: Bench, name: str) -> tuple[str, str]:
    error = bench.runs[name].error
    assert error is not None
    return error.code, error.message


class Flaky:
    """Fails so many times, then succeeds; remembers which attempts it saw."""

    def __init__(self, failures: int, **error: Any) -> None:
        self.failures = failures
        self.error = error
        self.calls = 0

    def __call__(self, _p: Mapping[str, Any], _c: TaskContext) -> Mapping[str, Any]:
        self.calls += 1
        if self.calls <= self.failures:
            raise PluginError("not yet", **self.error)
        return {"calls": self.calls}
