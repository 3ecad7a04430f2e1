"""The names of the credentials that tasks say: `${NAME}` in their properties, and nowhere else."""

from collections.abc import Iterable

from shared.expressions import TemplateSyntaxError, references
from shared.flows.language.definition import TaskDefinition
from shared.json_text import Json, is_map

_MARK = "${"


def credential_names(tasks: Iterable[TaskDefinition]) -> frozenset[str]:
    """Return the names in the properties of tasks, those of tasks inside of them left out."""
    return frozenset().union(*(_named(task.properties) for task in tasks))


def _named(value: Json) -> frozenset[str]:
    if type(value) is str:
        return _in_text(value) if _MARK in value else frozenset()
    if type(value) is list:
        return frozenset().union(*map(_named, value))
    if is_map(value):
        return frozenset().union(*map(_named, value.values()))
    return frozenset()


def _in_text(source: str) -> frozenset[str]:
    """Return the names in one template; one that does not parse names nothing: it cannot run."""
    try:
        return references(source).credentials
    except TemplateSyntaxError:
        return frozenset()
