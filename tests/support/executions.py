"""Executions in memory, with the conditions of the table; and a runner over them."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.executions.engine.messages import Answer, Turn
from shared.executions.engine.runner import MOST_TURNS, Outside, SegmentRunner
from shared.executions.models import Closing, Execution, Status
from shared.executions.orchestration.state_machine import Engine, run_name
from shared.executions.orchestration.wakeups import Waker
from shared.executions.store.payloads import Payloads
from shared.executions.store.repository import ExecutionRepository
from shared.executions.store.snapshots import (
    End,
    Entry,
    ExecutionState,
    Overdue,
    OverdueLine,
    Parked,
)
from shared.executions.task_runs import Stored, TaskRun, row_key
from shared.executions.tasks.clocks import Clocks
from shared.executions.tasks.durable import Externals
from shared.flows.plans.plan import Plan
from shared.flows.plans.repository import PlanRepository
from shared.plugins.registry import find
from shared.plugins.sdk.plugin import Manifest, Plugin, PluginError, Run, TaskContext
from tests.support.slow_plugins import Lingering

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class InMemoryExecutions(ExecutionRepository):
    """Keeps what the table would keep; `looks` counts how often the runner asked for one."""

    def __init__(self, *executions: Execution) -> None:
        self.executions = {(each.tenant, each.id): each for each in executions}
        self.runs: dict[tuple[str, str], dict[str, TaskRun]] = {}
        self.earlier: list[TaskRun] = []
        self.turns: dict[tuple[str, str, str], tuple[int, int]] = {}
        self.fences: dict[tuple[str, str], int] = {}
        self.tokens: dict[tuple[str, str, str], str] = {}
        self.wakes: Counter[tuple[str, str, str]] = Counter()
        self.written: list[TaskRun] = []
        self.looks = 0
        self.watched: dict[str, datetime] = {}
        """Lines that are to be looked at, and when."""
        self.is_broken = False
        self.on_write: Callable[[str], None] = lambda _moment: None
        """Called `before` and `after` each write."""
        self._lock = threading.Lock()

    def add(self, execution: Execution) -> bool:
        key = (execution.tenant, execution.id)
        return self.executions.setdefault(key, execution) is execution

    def find(self, tenant: str, execution_id: str) -> Execution | None:
        self.looks += 1
        return self.executions.get((tenant, execution_id))

    def load(self, tenant: str, execution_id: str) -> ExecutionState | None:
        execution = self.executions.get((tenant, execution_id))
        runs = dict(self.runs.get((tenant, execution_id), {}))
        _, turns = self.turns.get((tenant, execution_id, "main"), (0, 0))
        return ExecutionState(execution, runs, self.earlier, turns) if execution else None

    def enter_segment(
        self, tenant: str, execution_id: str, *, generation: int, path: str
    ) -> Entry | None:
        key = (tenant, execution_id, path)
        known, turn = self.turns.get(key, (0, 0))
        if generation < known:
            return None
        self.turns[key] = (generation, turn + 1)
        token = self.tokens.pop(key, None)
        past_token = token if known < generation else None
        return Entry(generation * 1_000_000 + turn + 1, self.wakes[key], past_token)

    def register_token(
        self, tenant: str, execution_id: str, *, entry: Entry, path: str, token: str
    ) -> bool:
        key = (tenant, execution_id, path)
        generation, turn = self.turns[key]
        if entry != Entry(generation * 1_000_000 + turn, self.wakes[key]):
            return False
        self.tokens[key] = token
        return True

    def wake_segment(self, tenant: str, execution_id: str, path: str) -> str | None:
        self.wakes[tenant, execution_id, path] += 1
        return self.tokens.get((tenant, execution_id, path))

    def has_token(self, tenant: str, execution_id: str, path: str) -> bool:
        return (tenant, execution_id, path) in self.tokens

    def park(self, execution: Execution, parked: Parked, *, fence: int) -> bool:
        moved = self._replace(
            execution,
            fence=fence,
            status=Status.PAUSED if parked.is_paused else Status.RUNNING,
            is_parked=True,
            wake_at=parked.wake_at,
            check_at=parked.check_at,
        )
        return moved is not None

    def mark_running(self, execution: Execution, *, fence: int, now: datetime) -> Execution | None:
        current = self.executions[execution.tenant, execution.id]
        return self._replace(
            execution,
            fence=fence,
            status=Status.RUNNING,
            started_at=current.started_at or now,
            is_parked=False,
            wake_at=None,
        )

    def record(self, execution: Execution, run: TaskRun) -> TaskRun | None:
        if self.is_broken:
            raise ConnectionError("the table is gone")
        with self._lock:
            rows = self.runs.setdefault((execution.tenant, execution.id), {})
            key = row_key(run)
            known = rows.get(key)
            if known and known.status.is_terminal:
                return known
            if known and known.fence > run.fence:
                return None
            self.on_write("before")
            rows[key] = run
            self.written.append(run)
            self.on_write("after")
            return run

    def finish(self, execution: Execution, end: End, *, now: datetime) -> bool:
        ended = self._replace(
            execution,
            status=end.status,
            tasks_executed=end.tasks_executed,
            outputs=end.outputs,
            error=end.error,
            stored_outputs=end.stored_outputs,
            finished_at=now,
            check_at=None,
        )
        return ended is not None

    def close(self, execution: Execution, closing: Closing) -> bool:
        return self._replace(execution, closing=execution.closing or closing) is not None

    def end_early(
        self, execution: Execution, closing: Closing, *, check_at: datetime, also: Any = None
    ) -> bool:
        assert also is None, "answers are not kept here"
        moved = self._replace(
            execution,
            closing=closing,
            generation=execution.generation + 1,
            stalls=0,
            check_at=check_at,
            due_at=None,
            is_parked=False,
            wake_at=None,
        )
        return moved is not None

    def next_attempt(self, execution: Execution, *, fence: int, due_at: datetime) -> bool:
        self.earlier += [run for runs in self.runs.values() for run in runs.values()]
        self.runs.clear()
        moved = self._replace(execution, fence=fence, attempt=execution.attempt + 1, due_at=due_at)
        return moved is not None

    def resume(
        self, execution: Execution, *, stalls: int, records: int, turns: int, check_at: datetime
    ) -> bool:
        moved = self._replace(
            execution,
            generation=execution.generation + 1,
            stalls=stalls,
            records_seen=records,
            turns_before=turns,
            check_at=check_at,
            is_parked=False,
            wake_at=None,
        )
        return moved is not None

    def begin_anew(
        self, execution: Execution, *, turns: int, records: int, check_at: datetime
    ) -> bool:
        moved = self._replace(
            execution,
            generation=execution.generation + 1,
            stalls=0,
            records_seen=records,
            turns_before=turns,
            check_at=check_at,
        )
        return moved is not None

    def look_again(self, execution: Execution, *, at: datetime) -> bool:
        return self._replace(execution, check_at=at) is not None

    def overdue(self, *, now: datetime | None) -> Iterator[Overdue | OverdueLine]:
        for line, at in list(self.watched.items()):
            if now is None or at <= now:
                yield OverdueLine(line)
        for execution in list(self.executions.values()):
            due = execution.check_at
            if due and not execution.status.is_terminal and (now is None or due <= now):
                yield Overdue(execution.tenant, execution.id)

    def _replace(
        self, execution: Execution, *, fence: int | None = None, **changes: Any
    ) -> Execution | None:
        key = (execution.tenant, execution.id)
        current = self.executions.get(key)
        if (
            current is None
            or current.status.is_terminal
            or current.generation != execution.generation
            or (fence is not None and fence < self.fences.get(key, 0))
        ):
            return None
        if fence is not None:
            self.fences[key] = fence
        self.on_write("before")
        written = self.executions[key] = current.model_copy(update=changes)
        self.on_write("after")
        return written


class OnePlan(PlanRepository):
    """The same plan whatever is asked for."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def get(self, tenant: str, flow_id: str, revision: int) -> Plan:
        del tenant, flow_id, revision
        return self._plan


class InMemoryPayloads(Payloads):
    """Keeps texts, and after how many days they go; `reads` counts how often one was fetched."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.days: dict[str, int] = {}
        self.reads = 0
        self.errors: list[Exception] = []
        """What the next reads meet instead of an object."""

    def put(self, key: str, text: str) -> Stored:
        self.texts[key] = text
        return Stored(key=key, size=len(text.encode()))

    def get(self, stored: Stored) -> str:
        self.reads += 1
        if self.errors:
            raise self.errors.pop(0)
        return self.texts[stored.key]

    def remove_after(self, stored: Stored, days: int) -> None:
        self.days[stored.key] = days

    def url(self, stored: Stored) -> str:
        return f"https://objects.example/{stored.key}"


class Abandoned(SystemExit):
    """Stands for the end of the process."""


def abandon() -> None:
    raise Abandoned


def execution_of(plan: Plan, **fields: Any) -> Execution:
    """A queued execution of a plan."""
    return Execution.model_validate(
        {
            "tenant": "default",
            "id": "01890000-0000-7000-8000-000000000001",
            "flowId": "01890000-0000-7000-8000-000000000002",
            "flowName": plan.name,
            "namespace": plan.namespace,
            "flowRevision": 1,
            "tasksTotal": plan.tasks_total,
            "createdAt": NOW,
            "createdBy": "local",
            **fields,
        }
    )


class SentTokens:
    """Step Functions, as far as tokens go."""

    exceptions = type(
        "exceptions",
        (),
        dict.fromkeys(("TaskDoesNotExist", "TaskTimedOut", "InvalidToken"), KeyError),
    )

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.spent: set[str] = set()

    def send_task_success(self, *, taskToken: str, output: str) -> None:  # noqa: N803 - AWS's names
        assert output == "{}"
        if taskToken in self.spent:
            raise KeyError(taskToken)
        self.sent.append(taskToken)


def waker_of(store: ExecutionRepository, states: Any) -> Waker:
    return Waker(store, states)


class Bench:
    """One execution in memory, and a runner for it with plugins of the test's own."""

    def __init__(
        self,
        plan: Plan,
        plugins: Mapping[str, Run] | None = None,
        externals: Externals | None = None,
        most_turns: int = MOST_TURNS,
        *,
        ticks: bool = True,
        **fields: Any,
    ) -> None:
        self.ahead = timedelta(0)
        """How far the clocks were moved on; nothing else moves them unless they tick."""
        began, monotonic = datetime.now(UTC), time.monotonic()
        self._skipping = threading.Lock()
        self.execution = execution_of(plan, **fields)
        self.answer = Answer(next="done")
        self.store = InMemoryExecutions(self.execution)
        self.payloads = InMemoryPayloads()
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
                now=lambda: (datetime.now(UTC) if ticks else began) + self.ahead,
                monotonic=lambda: (
                    (time.monotonic() if ticks else monotonic) + self.ahead.total_seconds()
                ),
                sleep=self.skip,
            ),
            find_plugin=self.find_plugin,
            outside=Outside(
                externals=externals or {},
                waker=waker_of(self.store, self.states),
                set_timer=lambda _tenant, _id, at: self.timers.append(at),
                start=self.engine.start,
                promote=self.promoted.append,
            ),
            abandon=abandon,
            most_turns=most_turns,
        )

    def find_plugin(self, name: str) -> Plugin | None:
        return self.plugins.get(name) or find(name)

    def skip(self, seconds: float) -> None:
        """Let time pass, without anybody waiting for it."""
        with self._skipping:
            self.ahead += timedelta(seconds=seconds)

    def turn(self, *, generation: int = 1, remaining: Callable[[], float] = lambda: 900.0) -> str:
        """Run one turn; what it tells the state machine."""
        turn = Turn(
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
            Turn(
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


class FakeEngine(Engine):
    """Notes the names of the runs that it was to start and stop; raises `error` if there is one."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.stopped: list[str] = []
        self.error: Exception | None = None

    def start_run(self, tenant: str, execution_id: str, *, generation: int) -> None:
        del tenant
        self._note(self.started, f"{execution_id}-{generation}")

    def stop(self, execution: Execution) -> None:
        self._note(self.stopped, run_name(execution))

    def _note(self, runs: list[str], name: str) -> None:
        if self.error:
            raise self.error
        runs.append(name)
