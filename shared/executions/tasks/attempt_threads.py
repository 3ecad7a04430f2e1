"""The threads of a turn: each runs one attempt; what outlives its time is given up on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Thread

from shared.errors import UnavailableError
from shared.executions.logs import LogBuffer
from shared.executions.models import Execution
from shared.executions.scheduling.nodes import TaskInstance
from shared.executions.tasks.attempts import Attempt
from shared.executions.tasks.clocks import Clocks
from shared.executions.tasks.in_flight import Hold, InFlight
from shared.executions.tasks.outcomes import Outcome
from shared.expressions import Scope
from shared.masking import Masking
from shared.plugins.sdk.plugin import Plugin

MAX_THREADS = 32
STRAY_GRACE_SECONDS = 1.0

FindPlugin = Callable[[str], Plugin | None]


@dataclass(frozen=True)
class Active:
    """An attempt under way; `deadline` on the monotonic clock, `limit` what a message names."""

    instance: TaskInstance
    attempt: int
    thread: Thread
    logs: LogBuffer
    started_at: datetime
    deadline: float
    limit: float


@dataclass(frozen=True)
class Result:
    active: Active
    outcome: Outcome


@dataclass(frozen=True)
class _Found:
    """The outcome of an attempt, with the memory that it takes until it is recorded."""

    key: str
    thread: Thread
    memory: Hold
    outcome: Outcome | UnavailableError


class Threads:
    """The threads of a turn: it starts attempts and collects their outcomes, one at a time."""

    def __init__(
        self,
        *,
        clocks: Clocks,
        find_plugin: FindPlugin,
        execution: Execution,
        masking: Masking,
    ) -> None:
        self._clocks = clocks
        self._find_plugin = find_plugin
        self._execution = execution
        self._masking = masking
        self.failure: UnavailableError | None = None
        """The error for which the turn is repeated, once its other attempts are over."""
        self._active: dict[str, Active] = {}
        self._strays: list[Thread] = []
        self.in_flight = InFlight()
        self._outcomes: SimpleQueue[_Found] = SimpleQueue()
        self._taken: Hold | None = None

    @property
    def has_active(self) -> bool:
        return bool(self._active)

    @property
    def active(self) -> list[Active]:
        """The attempts under way, in the order of their start."""
        return list(self._active.values())

    @property
    def is_full(self) -> bool:
        return len(self._active) >= MAX_THREADS

    def is_active(self, key: str) -> bool:
        return key in self._active

    def start(
        self,
        instance: TaskInstance,
        scope: Scope,
        *,
        attempt: int,
        started_at: datetime,
        limit: float,
    ) -> None:
        """Run one attempt in a thread of its own, for `limit` seconds at most."""
        deadline = self._clocks.monotonic() + limit
        logs = LogBuffer(
            self._clocks.now,
            minimum=instance.planned.task.log_level,
            attempt=attempt,
            mask=self._masking.text,
        )

        def remaining() -> float:
            return deadline - self._clocks.monotonic()

        memory = self.in_flight.hold(remaining)
        work = self._attempt(instance, scope, logs, remaining=remaining, reserve=memory.reserve)

        def run() -> None:
            outcome: Outcome | UnavailableError
            try:
                outcome = work.run()
            except UnavailableError as error:
                outcome = error
            self._outcomes.put(_Found(instance.key, thread, memory, outcome))

        thread = Thread(target=run, name=instance.key, daemon=True)
        self._active[instance.key] = Active(
            instance, attempt, thread, logs, started_at, deadline, limit
        )
        thread.start()

    def _attempt(
        self,
        instance: TaskInstance,
        scope: Scope,
        logs: LogBuffer,
        *,
        remaining: Callable[[], float],
        reserve: Callable[[int], None],
    ) -> Attempt:
        task = instance.planned.task
        return Attempt(
            task=task,
            plugin=self._find_plugin(task.type),
            scope=scope,
            tenant=self._execution.tenant,
            key=f"{self._execution.id}/{instance.key}",
            remaining=remaining,
            logs=logs,
            reserve=reserve,
            masking=self._masking,
            mock=self._execution.mocks.get(instance.name),
        )

    def next_result(self, patience: float) -> Result | None:
        """Return the next outcome; None when none comes in time, or it was given up before.

        The memory of the one before is given back: whoever asks for the next has recorded it.
        """
        if self._taken:
            self._taken.release()
        if self._active:
            nearest = min(active.deadline for active in self._active.values())
            patience = min(patience, max(0.0, nearest - self._clocks.monotonic()))
        try:
            found = self._outcomes.get(timeout=patience)
        except Empty:
            return None
        self._taken = found.memory
        active = self._active.get(found.key)
        if active is None or active.thread is not found.thread:
            return None
        del self._active[found.key]
        if isinstance(found.outcome, UnavailableError):
            self.failure = found.outcome
            return None
        return Result(active, found.outcome)

    def raise_failure(self) -> None:
        """Raise why the turn is to be made again, as soon as no attempt would be lost."""
        if self.failure and not self._active:
            raise self.failure

    def give_up(self, is_meant: Callable[[Active], bool]) -> list[Active]:
        """Stop waiting for some attempts; their threads may go on for a while."""
        meant = [active for active in self._active.values() if is_meant(active)]
        for active in meant:
            del self._active[active.instance.key]
            self._strays.append(active.thread)
        return meant

    def has_strays(self) -> bool:
        """Tell whether a thread still runs that nobody waits for; waits a short while for them."""
        threads = [*self._strays, *(active.thread for active in self._active.values())]
        until = self._clocks.monotonic() + STRAY_GRACE_SECONDS
        for thread in threads:
            thread.join(max(0.0, until - self._clocks.monotonic()))
        return any(thread.is_alive() for thread in threads)
