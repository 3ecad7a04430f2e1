"""Task runs: what is recorded of each task, and under which key."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field, computed_field

from shared.records import Record
from shared.times import Timestamp


class TaskStatus(StrEnum):
    """A task run's state; the last five never change."""

    WAITING = "WAITING"
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    RETRYING = "RETRYING"
    PAUSED = "PAUSED"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    CANCELLED = "CANCELLED"
    SKIPPED = "SKIPPED"

    @property
    def is_terminal(self) -> bool:
        return self in _SETTLED


_SETTLED = frozenset(
    {
        TaskStatus.SUCCESS,
        TaskStatus.FAILED,
        TaskStatus.TIMED_OUT,
        TaskStatus.CANCELLED,
        TaskStatus.SKIPPED,
    }
)


EXHAUSTED = "loop_exhausted"
"""The error code of a loop that has had all its rounds."""

MAX_CHARACTERS = 8_000
"""The limit of a failure's message and of a log line, without the words that say it was cut."""
ROOM_TO_SAY_SO = 40


def shortened(text: str, characters: int | None = None) -> str:
    """Cut a text that was masked, and say so; one that was cut stays as it is."""
    characters = characters or MAX_CHARACTERS
    if len(text) <= characters + ROOM_TO_SAY_SO:
        return text
    return f"{text[:characters]}… ({len(text)} characters, cut)"


class Cause(Record):
    """The failure of a task's last attempt, when something else ended the task before the next."""

    code: str
    message: str
    status_code: int | None = None


class Failure(Record):
    """The reason of a failure: `code` for machines, `message` for people, never a secret."""

    code: str
    message: str
    task_name: str | None = None
    status: str | None = None
    status_code: int | None = None
    retry_after_seconds: float | None = Field(default=None, exclude=True)
    cause: Cause | None = Field(default=None, exclude_if=lambda cause: cause is None)

    def caused_by(self, earlier: "Failure | None") -> "Failure":
        """Return this failure with the one that the task was about to get over."""
        if earlier is None:
            return self
        cause = Cause(code=earlier.code, message=earlier.message, status_code=earlier.status_code)
        return self.model_copy(update={"cause": cause})


def duration_ms(started: datetime | None, finished: datetime | None) -> int | None:
    if started is None or finished is None:
        return None
    # Two functions have two clocks.
    return max(0, round((finished - started).total_seconds() * 1000))


class Stored(Record):
    """A JSON text in S3: the object's key, and its size in bytes."""

    key: str
    size: int


class LogLine(Record):
    """One stored line; `seq` orders the lines of one execution."""

    timestamp: Timestamp
    level: str
    message: str
    attempt: int = 1


class PassedRounds(Record):
    """The rounds of a `flow.loop` that are over, and were found not to be the last.

    With the bytes of outputs and log lines in them, those of past container attempts included.
    """

    count: int = 0
    output_bytes: int = 0
    log_bytes: int = 0


class TaskRun(Record):
    """One task of an execution, in one iteration of its loops (`0`, `2.1`).

    `dueAt` is when a RETRYING task is tried again, or a waiting one goes on; of a RUNNING container
    when its present attempt began, of a `flow.loop` when its present round did or does. `outputs`
    is a string holding JSON, null when the task has not run, or when it did not fit into the answer
    and waits at `outputsUrl`.
    """

    # The turn that wrote the row.
    fence: int = Field(default=0, exclude=True)
    # A skip caused by a failure upstream.
    blocked: bool = Field(default=False, exclude=True)
    logs: tuple[LogLine, ...] = Field(default=(), exclude=True)
    # Where outputs are that no row holds.
    stored: Stored | None = Field(default=None, exclude=True)
    # To which attempts of the containers round it the run belongs: see `task_tree.py`.
    rounds: str = Field(default="", exclude=True)
    # Of a loop in which some iterations never began: how many it has.
    iterations: int | None = Field(default=None, exclude=True)
    # When the attempt under way began, of what waits or ends outside; None in the first one.
    began_at: Timestamp | None = Field(default=None, exclude=True)
    # To which round of the innermost `flow.loop` round it the run belongs: `poll#3`, or nothing.
    round_of: str = Field(default="", exclude=True)
    # Of a `flow.loop`: the rounds that are over.
    passed: PassedRounds | None = Field(default=None, exclude=True)

    task_name: str
    task_type: str
    status: TaskStatus
    attempt: int = 1
    iteration: str | None = None
    outputs: str | None = None
    outputs_url: str | None = None
    error: Failure | None = None
    due_at: Timestamp | None = None
    started_at: Timestamp | None = None
    finished_at: Timestamp | None = None

    @computed_field  # type: ignore[prop-decorator]  # mypy#1362: a decorated property
    @property
    def duration_ms(self) -> int | None:
        """Milliseconds from the first attempt's start to the end; null before the end."""
        return duration_ms(self.started_at, self.finished_at)


def node_key(name: str, iteration: str, rounds: str = "") -> str:
    """Return the key of a task run: its name, and its iteration if it has one.

    With `rounds` (see `task_tree.py`) the key of its row; without, the one that counts now.
    """
    name = f"{name}@{rounds}" if rounds else name
    return f"{name}#{iteration}" if iteration else name


def row_key(run: TaskRun) -> str:
    return node_key(run.task_name, run.iteration or "", run.rounds)
