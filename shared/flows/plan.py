"""A flow's plan: its graph with every edge decided, frozen with the revision that it belongs to."""

import zlib
from typing import Literal

from shared.flows.definition import (
    Definition,
    FlowDefinition,
    InputDefinition,
    Json,
    TaskDefinition,
)
from shared.flows.graph import Edge, list_edges, walk
from shared.flows.reads import task_reads

PLAN_VERSION: Literal[1] = 1


class Predecessor(Definition):
    """A task that must be terminal first; `written` as in `graph.Edge`."""

    name: str
    written: bool


class PlanTask(Definition):
    task: TaskDefinition
    predecessors: tuple[Predecessor, ...] = ()


class Plan(Definition):
    """What the engine needs of a revision; a later deploy reads it as it was written.

    `shape` names the state machine that runs it; `tasks` are in the order of the text.
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

    @property
    def tasks_total(self) -> int:
        """Tasks written in the text, nested ones included, `errors` and `finally` not."""
        return sum(1 for _ in walk(planned.task for planned in self.tasks))


def compile_plan(definition: FlowDefinition) -> Plan:
    """Plan a definition without errors; one whose features are all supported."""
    edges = list_edges(definition.tasks, task_reads)
    return Plan(
        name=definition.name,
        namespace=definition.namespace,
        labels=definition.labels,
        inputs=definition.inputs,
        variables=definition.variables,
        tasks=tuple(_planned(task, edges) for task in definition.tasks),
        outputs=definition.outputs,
    )


def _planned(task: TaskDefinition, edges: tuple[Edge, ...]) -> PlanTask:
    return PlanTask(
        task=task,
        predecessors=tuple(
            Predecessor(name=edge.source, written=edge.written)
            for edge in edges
            if edge.target == task.name
        ),
    )


def pack_plan(plan: Plan) -> bytes:
    """The plan as it is stored: compressed JSON, so that 256 KiB of text stay one item."""
    return zlib.compress(plan.model_dump_json(by_alias=True, exclude_defaults=True).encode())


def unpack_plan(packed: bytes) -> Plan:
    return Plan.model_validate_json(zlib.decompress(packed))
