"""A plan as a picture: nodes for tasks, edges for what must be over before; and its machine."""

from typing import Any

from shared.flows.plans.plan import Plan, Section
from shared.flows.plans.state_machine import one_segment_machine
from shared.records import StrictRecord


class GraphNode(StrictRecord):
    """A task; `parent` and `branch` name the container and the list of it that the task is in."""

    id: str
    type: str
    section: Section
    parent: str | None
    branch: str | None


class GraphEdge(StrictRecord):
    """`target` starts after `source` has ended; `written` edges pass a skip on, implied don't."""

    source: str
    target: str
    written: bool


class FlowGraph(StrictRecord):
    """The graph that runs, of one revision; nodes in the order of the text."""

    flow_id: str
    revision: int
    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]


def graph_of(plan: Plan, flow_id: str, revision: int) -> FlowGraph:
    return FlowGraph(
        flow_id=flow_id,
        revision=revision,
        nodes=tuple(
            GraphNode(
                id=planned.task.name,
                type=planned.task.type,
                section=planned.section,
                parent=planned.parent,
                branch=planned.branch,
            )
            for planned in plan.tasks
        ),
        edges=tuple(
            GraphEdge(source=before.name, target=planned.task.name, written=before.written)
            for planned in plan.tasks
            for before in planned.predecessors
        ),
    )


MACHINES = {"one_segment": one_segment_machine}


def machine_of(plan: Plan) -> dict[str, Any]:
    """Return the state machine of a plan, in the States Language; placeholders stand for ARNs."""
    return MACHINES[plan.shape]()
