"""A flow's plan: its graph with every edge decided, frozen with the revision that it belongs to."""

import zlib
from datetime import timedelta
from typing import Literal

from shared.flows.language.definition import (
    Concurrency,
    InputDefinition,
    RetryPolicy,
    TaskDefinition,
)
from shared.json_text import Json
from shared.records import Definition

PLAN_VERSION: Literal[1] = 1


class Predecessor(Definition):
    """A task that must be terminal first; `written` as in `graph.Edge`."""

    name: str
    written: bool


Section = Literal["main", "errors", "finally"]


class PlanTask(Definition):
    """One task, the lists inside it taken out: `parent` and `branch` say where it stands.

    `branch` is the key of the list in its container (`tasks`, `then`, `cases.eu`); `reads_ends`
    whether it, or what it holds, reads how tasks ended, or in `errors` and `finally` the execution.
    """

    task: TaskDefinition
    section: Section = "main"
    parent: str | None = None
    branch: str | None = None
    predecessors: tuple[Predecessor, ...] = ()
    reads_ends: bool = False


class Plan(Definition):
    """The part of a revision that the engine needs; a later deploy reads it as it was written.

    `shape` names the state machine that runs it; `tasks` are in the order of the text, containers
    before what they hold, the chains of `errors` and `finally` last.
    """

    version: Literal[1] = PLAN_VERSION
    shape: Literal["one_segment"] = "one_segment"
    name: str
    namespace: str
    labels: dict[str, str] = {}
    inputs: tuple[InputDefinition, ...] = ()
    variables: dict[str, Json] = {}
    tasks: tuple[PlanTask, ...]
    outputs: dict[str, Json] | None = None
    timeout: timedelta | str | None = None
    retry: RetryPolicy | None = None
    isolation: Literal["segment", "task"] = "segment"
    concurrency: Concurrency | None = None

    @property
    def tasks_total(self) -> int:
        """Tasks written in the text, nested ones included, `errors` and `finally` not."""
        return sum(planned.section == "main" for planned in self.tasks)


def pack_plan(plan: Plan) -> bytes:
    """Return the plan as it is stored: compressed JSON, so that 256 KiB of text stay one item."""
    return zlib.compress(plan.model_dump_json(by_alias=True, exclude_defaults=True).encode())


def unpack_plan(packed: bytes) -> Plan:
    return Plan.model_validate_json(zlib.decompress(packed))
