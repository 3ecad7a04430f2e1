"""The tasks that a task's templates read: dependencies that nobody had to write down."""

from collections.abc import Callable
from typing import Any

from shared.expressions import References, TemplateSyntaxError, parse_expression, references
from shared.flows.language.definition import TaskDefinition
from shared.plugins.properties import deferred_properties
from shared.plugins.registry import find


def task_reads(task: TaskDefinition) -> frozenset[str]:
    """Return the names of the tasks that `task` itself reads, nested tasks left out.

    A template that does not parse reads nothing here; the validator names it.
    """
    return task_references(task).reads


def task_references(task: TaskDefinition) -> References:
    """Return all names in the templates of a task, nested tasks left out."""
    found = _of_tree(task.timeout) | _of_expression(task.when)
    plugin = find(task.type)
    deferred = deferred_properties(plugin.manifest) if plugin else frozenset[str]()
    for name, value in task.properties.items():
        found |= _of_deferred(value) if name in deferred else _of_tree(value)
    return found


def _of_tree(value: Any) -> References:
    return _parsed(lambda: references(value))


def _of_deferred(value: Any) -> References:
    if isinstance(value, dict):
        found = References()
        for item in value.values():
            found |= _of_deferred(item)
        return found
    return _of_expression(value)


def _of_expression(value: Any) -> References:
    if not isinstance(value, str):
        return References()
    return _parsed(lambda: parse_expression(value).references)


def _parsed(read: Callable[[], References]) -> References:
    try:
        return read()
    except TemplateSyntaxError:
        return References()
