"""The content of a valid flow as data: the flow language of one revision without its text."""

from datetime import timedelta
from enum import StrEnum
from typing import Literal

from pydantic import Field

from shared.json_text import Json
from shared.records import Definition


class InputType(StrEnum):
    STRING = "STRING"
    INT = "INT"
    FLOAT = "FLOAT"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    DATETIME = "DATETIME"
    DURATION = "DURATION"
    JSON = "JSON"
    ARRAY = "ARRAY"
    ENUM = "ENUM"
    SECRET = "SECRET"  # noqa: S105 - the name of a type


class InputDefinition(Definition):
    """One declared input; `has_default` tells a default of null from none."""

    name: str
    type: InputType
    required: bool = True
    has_default: bool = False
    default: Json = None
    description: str | None = None
    values: tuple[Json, ...] | None = None
    min: int | float | str | None = None
    max: int | float | str | None = None
    pattern: str | None = None


class RetryPolicy(Definition):
    """The rules for repeats of a failed attempt; `max_attempts` counts the first."""

    max_attempts: int
    type: Literal["constant", "exponential", "random"] = "constant"
    delay: timedelta = timedelta(0)
    max_delay: timedelta | None = None
    factor: float = 2
    jitter: bool = False
    max_duration: timedelta | None = None
    on: tuple[int | str, ...] = ()


class Concurrency(Definition):
    limit: int
    behavior: Literal["QUEUE", "CANCEL", "FAIL"] = "QUEUE"
    key: str | None = None


class RunWhen(StrEnum):
    SUCCESS = "success"
    DONE = "done"
    FAILED = "failed"


class TaskDefinition(Definition):
    """One task as written, defaults merged; nested lists only on containers.

    `depends_on` is None when the key is absent: its presence alone makes a list a DAG.
    `timeout` stays text when it is a template.
    """

    name: str
    type: str
    properties: dict[str, Json] = {}
    depends_on: tuple[str, ...] | None = None
    when: str | bool | None = None
    run_when: RunWhen = RunWhen.SUCCESS
    retry: RetryPolicy | None = None
    timeout: timedelta | str | None = None
    allow_failure: bool = False
    disabled: bool = False
    description: str | None = None
    labels: dict[str, str] = {}
    log_level: str | None = None
    tasks: tuple["TaskDefinition", ...] | None = None
    then: tuple["TaskDefinition", ...] | None = None
    else_: tuple["TaskDefinition", ...] | None = Field(default=None, alias="else")
    cases: dict[str, tuple["TaskDefinition", ...]] | None = None
    default: tuple["TaskDefinition", ...] | None = None


class FlowDefinition(Definition):
    """A whole flow; `outputs` and `variables` hold templates, rendered when they are read."""

    name: str
    namespace: str = "default"
    description: str | None = None
    labels: dict[str, str] = {}
    disabled: bool = False
    inputs: tuple[InputDefinition, ...] = ()
    variables: dict[str, Json] = {}
    tasks: tuple[TaskDefinition, ...]
    errors: tuple[TaskDefinition, ...] = ()
    finally_: tuple[TaskDefinition, ...] = Field(default=(), alias="finally")
    outputs: dict[str, Json] | None = None
    timeout: timedelta | str | None = None
    retry: RetryPolicy | None = None
    concurrency: Concurrency | None = None
    defaults: dict[str, dict[str, Json]] = {}
    triggers: tuple[dict[str, Json], ...] = ()
    idempotency: Literal["optional", "required"] = "optional"
    isolation: Literal["segment", "task"] = "segment"
    retention: timedelta | None = None
