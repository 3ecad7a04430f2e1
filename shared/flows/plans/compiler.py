"""The compiler: a definition becomes a plan."""

from collections.abc import Iterator

from shared.flows.language.definition import FlowDefinition, TaskDefinition
from shared.flows.language.dependencies import list_edges, nested_lists, walk
from shared.flows.plans.plan import Plan, PlanTask, Predecessor, Section


def compile_plan(definition: FlowDefinition) -> Plan:
    """Plan a definition without errors, whose features are all supported."""
    return Plan(
        name=definition.name,
        namespace=definition.namespace,
        labels=definition.labels,
        inputs=definition.inputs,
        variables=definition.variables,
        tasks=(
            *_planned("main", definition.tasks),
            *_planned("errors", definition.errors),
            *_planned("finally", definition.finally_),
        ),
        outputs=definition.outputs,
        timeout=definition.timeout,
        retry=definition.retry,
        isolation=definition.isolation,
        concurrency=definition.concurrency,
    )


def _planned(
    section: Section,
    tasks: tuple[TaskDefinition, ...],
    container: TaskDefinition | None = None,
    branch: str | None = None,
) -> Iterator[PlanTask]:
    from shared.flows.plans.template_reads import task_reads, task_references  # noqa: PLC0415 - plans are read more than made

    starts_together = container is not None and container.type == "flow.parallel"
    before: dict[str, list[Predecessor]] = {}
    for edge in list_edges(tasks, task_reads, starts_together=starts_together):
        predecessor = Predecessor(name=edge.source, written=edge.written)
        before.setdefault(edge.target, []).append(predecessor)
    ends = _ENDS if section == "main" else _ENDS | {"error", "execution"}
    for task in tasks:
        yield PlanTask(
            task=task.model_copy(update=_NO_LISTS),
            section=section,
            parent=container.name if container else None,
            branch=branch,
            predecessors=tuple(before.get(task.name, ())),
            reads_ends=any(ends & task_references(each).roots for each in walk([task])),
        )
        for key, nested in nested_lists(task):
            yield from _planned(section, nested, task, key)


_ENDS = frozenset({"tasks"})
_NO_LISTS = dict.fromkeys(("tasks", "then", "else_", "cases", "default"))
