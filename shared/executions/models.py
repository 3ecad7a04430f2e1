"""Executions: what is stored, what a client sees, which changes are legal."""

from datetime import timedelta
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field, computed_field

from shared.executions.task_runs import Failure, Stored, duration_ms
from shared.records import Record
from shared.times import Timestamp

FIRST_CHECK_AFTER = timedelta(seconds=60)
"""The time before the first check of what was started, admitted, moved or suspended."""


class Status(StrEnum):
    """An execution's state; the last four never change."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    TIMED_OUT = "TIMED_OUT"

    @property
    def is_terminal(self) -> bool:
        return self in _ENDED


_ENDED = frozenset({Status.SUCCESS, Status.FAILED, Status.CANCELLED, Status.TIMED_OUT})
OPEN_STATUSES = tuple(status for status in Status if not status.is_terminal)
RETRYABLE_STATUSES = frozenset({Status.FAILED, Status.TIMED_OUT, Status.CANCELLED})


TriggerType = Literal[
    "manual", "webhook", "cron", "event", "queue", "flow", "subflow", "retry", "process"
]


class Trigger(Record):
    type: str = "manual"
    id: str | None = None


class Parent(Record):
    """The task of another execution that waits for this one."""

    execution_id: str
    task_name: str


class TerminationReason(StrEnum):
    """The reason why an execution's tasks are ended early."""

    CANCEL = "cancel"
    TIMEOUT = "timeout"
    ENGINE_ERROR = "engine_error"


class Slot(Record):
    """The slot of a flow with `concurrency` that an execution waits for, or holds.

    `line` is the partition of its slots, `limit` how many there are by its own revision.
    """

    line: str
    limit: int
    behavior: Literal["QUEUE", "CANCEL", "FAIL"] = "QUEUE"
    waiting: bool = True


class SealedInputs(Record):
    """The secrets that an execution's inputs hold, sealed: in its row, or as an object.

    `owner_id` is the execution that it was sealed for: a retry has a copy of what that one had.
    """

    owner_id: str
    value: bytes | None = None
    stored: Stored | None = None

    @property
    def size(self) -> int:
        """The sealed bytes, wherever they are."""
        return self.stored.size if self.stored else len(self.value or b"")


class Execution(Record):
    """One run of one revision of a flow.

    `tasksTotal` counts the tasks of its text, `tasksExecuted` those that came to an end of their
    own; `currentTask` is one that runs now. `inputs` show a mask in place of SECRET values; large
    ones are null, and at `inputsUrl`.
    `outputs` come with the end; large ones are at `outputsUrl`. `attempt` counts those of the whole
    flow, `dueAt` is when the next of them begins, while one is waited for. `retryOf` is the
    execution that this one repeats, `parent` the task that started it as a subflow, `test` says
    that it is a test run.
    """

    tenant: str = Field(exclude=True)
    # The request that started it: every log line of its turns carries its id.
    request_id: str | None = Field(default=None, exclude=True)
    # Step Functions runs behind it; those in a row that recorded nothing new, out of so many task
    # runs known when the present one was started; turns taken before the run was last changed for
    # a fresh one.
    generation: int = Field(default=1, exclude=True)
    stalls: int = Field(default=0, exclude=True)
    records_seen: int = Field(default=0, exclude=True)
    turns_before: int = Field(default=0, exclude=True)
    # When the reconciler looks at it next.
    check_at: Timestamp | None = Field(default=None, exclude=True)
    # Set while it is being ended early.
    closing: TerminationReason | None = Field(default=None, exclude=True)
    # While it waits for something outside; what is due then, if anything is.
    is_parked: bool = Field(default=False, exclude=True)
    wake_at: Timestamp | None = Field(default=None, exclude=True)
    # The real values of SECRET inputs; of others that hold one; what the parent's handed down: in
    # memory alone, of what was just made or `is_opened`, or in rows of earlier releases.
    secrets: dict[str, Any] = Field(default={}, exclude=True, repr=False)
    hidden_inputs: dict[str, Any] = Field(default={}, exclude=True, repr=False)
    inherited_secrets: tuple[str, ...] = Field(default=(), exclude=True, repr=False)
    # The same as it is stored; whether it was opened into these fields.
    sealed: tuple[SealedInputs, ...] = Field(default=(), exclude=True, repr=False)
    is_opened: bool = Field(default=False, exclude=True)
    # Its revision may declare what is sealed in another way: the first who opens it checks that.
    has_unchecked_inputs: bool = Field(default=False, exclude=True)
    # The values of the credentials that its revision names: in a turn's memory, never stored.
    credential_secrets: tuple[str, ...] = Field(default=(), exclude=True, repr=False)
    # How long it is kept after its end; once ended, when it is no more, in seconds of the epoch.
    retention_seconds: int | None = Field(default=None, exclude=True)
    expires_at: int | None = Field(default=None, exclude=True)
    # The digest of its namespace's variables, as they were at its start.
    namespace_variables: str | None = Field(default=None, exclude=True)
    mocks: dict[str, dict[str, Any]] = Field(default={}, exclude=True, repr=False)
    slot: Slot | None = Field(default=None, exclude=True)
    # Inputs too large for the row; of those, what is hidden from clients.
    stored_inputs: Stored | None = Field(default=None, exclude=True)
    stored_hidden_inputs: Stored | None = Field(default=None, exclude=True)
    # How many executions there are above it.
    depth: int = Field(default=0, exclude=True)
    # Outputs too large for the row.
    stored_outputs: Stored | None = Field(default=None, exclude=True)
    parent: Parent | None = None

    id: str
    flow_id: str
    flow_name: str
    namespace: str
    flow_revision: int
    status: Status = Status.QUEUED
    tasks_total: int
    tasks_executed: int = 0
    current_task: str | None = None
    inputs: dict[str, Any] | None = {}
    inputs_url: str | None = None
    outputs: dict[str, Any] | None = None
    outputs_url: str | None = None
    labels: dict[str, str] = {}
    trigger_type: str = "manual"
    trigger: Trigger = Trigger()
    correlation_id: str | None = None
    error: Failure | None = None
    retry_of: str | None = None
    attempt: int = 1
    due_at: Timestamp | None = None
    test: bool = False
    created_at: Timestamp
    started_at: Timestamp | None = None
    finished_at: Timestamp | None = None
    created_by: str

    @computed_field  # type: ignore[prop-decorator]  # mypy#1362: a decorated property
    @property
    def duration_ms(self) -> int | None:
        """Milliseconds from start to end; null before the end."""
        return duration_ms(self.started_at, self.finished_at)

    @property
    def real_inputs(self) -> dict[str, Any]:
        """The inputs with their secrets, in the row: for templates of this execution only."""
        if self.inputs is None:
            raise ValueError("the inputs are not in the row")
        self.check_opened()
        return {**self.inputs, **self.secrets, **self.hidden_inputs}

    def check_opened(self) -> None:
        """Raise ValueError where secrets are sealed: nothing is masked by what is not known."""
        if self.sealed and not self.is_opened:
            raise ValueError("the inputs are sealed")

    @property
    def origin_id(self) -> str | None:
        """The id of what started it: a trigger, what it retries, or its parent; never two."""
        parent = self.parent.execution_id if self.parent else None
        return self.trigger.id or self.retry_of or parent

    @property
    def is_waiting(self) -> bool:
        """True while it waits for a slot of its concurrency group, and must not be run yet."""
        return self.slot is not None and self.slot.waiting

    def as_created(self) -> "Execution":
        """Return the execution as its first answer showed it, whatever has happened since."""
        if self.error and self.error.code == "concurrency_limit":
            return self
        return self.model_copy(
            update={
                "status": Status.QUEUED,
                "tasks_executed": 0,
                "current_task": None,
                "outputs": None,
                "stored_outputs": None,
                "error": None,
                "started_at": None,
                "finished_at": None,
                "attempt": 1,
                "due_at": None,
            }
        )
