"""The fields of a task, lists of further tasks apart."""

from collections.abc import Mapping
from typing import Any, Final

from shared.flows.language.definition import RunWhen, TaskDefinition
from shared.flows.source.report import Spot
from shared.flows.validation import fields
from shared.flows.validation.fields import Field
from shared.flows.validation.retries import read_retry
from shared.plugins.registry import find, suggestions

LIST_KEYS: Final = ("tasks", "then", "else", "cases", "default")
_SNAKE: Final = {
    "dependsOn": "depends_on",
    "runWhen": "run_when",
    "allowFailure": "allow_failure",
    "logLevel": "log_level",
}


def define(values: Mapping[str, Any]) -> TaskDefinition:
    """Return a task of what could be read; one with errors never leaves the validator."""
    kept = {_SNAKE.get(key, key): value for key, value in values.items() if value is not None}
    return TaskDefinition.model_construct(**{"type": "", **kept})


def _type(spot: Spot) -> str | None:
    value = fields.text(spot)
    if value is None or find(value):
        return value
    close = suggestions(value) if not spot.report.is_full() else ()
    hint = f' (did you mean "{close[0]}"?)' if close else ""
    spot.refuse(f'unknown plugin "{fields.shorten(value)}"{hint}')
    return value


def _depends_on(spot: Spot) -> tuple[str, ...] | None:
    if isinstance(spot.value, str):
        return (spot.value,)
    if spot.node.items is None:
        fields.refuse_kind(spot, "a name or a list of names")
        return None
    names = [fields.text(child) for child in spot.items()]
    return tuple(dict.fromkeys(name for name in names if name is not None))


def _when(spot: Spot) -> str | bool | None:
    if isinstance(spot.value, str | bool):
        return spot.value
    fields.refuse_kind(spot, "an expression")
    return None


def _run_when(spot: Spot) -> RunWhen | None:
    value = _run_when_text(spot)
    return RunWhen(value) if value else None


def _a_map(spot: Spot) -> None:
    if spot.node.entries is None:
        fields.refuse_kind(spot, "a map")


def _read_elsewhere(_spot: Spot) -> None:
    """Skip lists of tasks: they depend on where they stand, and `tasks.Tasks` reads them."""


_run_when_text = fields.choice(*RunWhen)
TASK_FIELDS: Final[Mapping[str, Field]] = {
    "name": Field(
        fields.name(
            r"[a-zA-Z0-9][a-zA-Z0-9_-]*",
            100,
            'letters, digits, "_" and "-", beginning with a letter or digit',
        ),
        is_required=True,
    ),
    "type": Field(_type, is_required=True),
    "properties": Field(_a_map),
    "dependsOn": Field(_depends_on, takes_null=True),
    "when": Field(_when),
    "runWhen": Field(_run_when),
    "retry": Field(read_retry),
    "timeout": Field(fields.duration_or_template),
    "allowFailure": Field(fields.boolean),
    "disabled": Field(fields.boolean),
    "description": Field(fields.text),
    "labels": Field(fields.labels),
    "logLevel": Field(fields.choice("TRACE", "DEBUG", "INFO", "WARN", "ERROR")),
    **{key: Field(_read_elsewhere) for key in LIST_KEYS},
}
