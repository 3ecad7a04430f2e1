"""The tasks that a task's templates read: dependencies that nobody had to write down."""

from typing import Any

from shared.expressions import TemplateSyntaxError, parse_expression, references
from shared.flows.language.definition import TaskDefinition
from shared.plugins.properties import deferred_properties
from shared.plugins.registry import find


def task_reads(task: TaskDefinition) -> frozenset[str]:
    """Return the names of the tasks whose outputs `task` itself reads, nested tasks left out.

    A template that does not parse reads nothing here; the validator names it.
    """
    reads = _tree_reads(task.timeout) | _expression_reads(task.when)
    plugin = find(task.type)
    deferred = deferred_properties(plugin.manifest) if plugin else frozenset[str]()
    for name, value in task.properties.items():
        reads |= _deferred_reads(value) if name in deferred else _tree_reads(value)
    return reads


def _tree_reads(value: Any) -> frozenset[str]:
    try:
        return references(value).reads
    except TemplateSyntaxError:
        return frozenset()


def _deferred_reads(value: Any) -> frozenset[str]:
    if isinstance(value, dict):
        return frozenset[str]().union(*(_deferred_reads(item) for item in value.values()))
    return _expression_reads(value)


def _expression_reads(value: Any) -> frozenset[str]:
    if not isinstance(value, str):
        return frozenset()
    try:
        return parse_expression(value).reads
    except TemplateSyntaxError:
        return frozenset()
