"""Laws of order (flow language, section 4): the plan's edges are those that the text asks for."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import HealthCheck, given, note, settings

from shared.flows.language.definition import TaskDefinition
from shared.flows.language.dependencies import nested_lists, walk
from shared.flows.plans.compiler import compile_plan
from tests.support.outcomes import definition_of
from tests.support.random_flows import flows

Tasks = Sequence[TaskDefinition]


def lists_of(tasks: Tasks, *, together: bool = False) -> Iterator[tuple[Tasks, bool]]:
    """Each list of tasks, outer before inner, and whether it is one of a `flow.parallel`."""
    yield tasks, together
    for task in tasks:
        for _, inner in nested_lists(task):
            yield from lists_of(inner, together=task.type == "flow.parallel")


def edges_of(tasks: Tasks, *, together: bool) -> dict[tuple[str, str], bool]:
    """What must end before what, read from the text; whether a skip flows along it."""
    is_graph = together or any(task.depends_on is not None for task in tasks)
    owners = {inner.name: task.name for task in tasks for inner in walk([task])}
    edges: dict[tuple[str, str], bool] = {}
    for number, task in enumerate(tasks):
        read = re.findall(r"(?:outputs|tasks)\.(\w+)", task.model_dump_json())
        sources = {owners[name] for name in read if name in owners} - {task.name}
        edges |= {(source, task.name): is_graph for source in sources}
        edges |= {(name, task.name): True for name in task.depends_on or ()}
        if number and not is_graph:
            edges[tasks[number - 1].name, task.name] = False
    return edges


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(flows())
def test_a_plan_has_the_edges_that_its_text_asks_for(written: Any) -> None:
    note(json.dumps(written))
    definition = definition_of(written)
    asked: dict[tuple[str, str], bool] = {}
    for section in (definition.tasks, definition.errors, definition.finally_):
        for tasks, together in lists_of(section):
            asked |= edges_of(tasks, together=together)

    planned = {
        (before.name, each.task.name): before.written
        for each in compile_plan(definition).tasks
        for before in each.predecessors
    }

    assert planned == asked


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(flows())
def test_a_plan_keeps_every_task_where_the_text_has_it(written: Any) -> None:
    definition = definition_of(written)
    sections = (definition.tasks, definition.errors, definition.finally_)

    plan = compile_plan(definition)

    assert [each.task.name for each in plan.tasks] == [
        task.name for section in sections for task in walk(section)
    ]
    assert plan.tasks_total == len(list(walk(definition.tasks)))
