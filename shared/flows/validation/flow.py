"""The reading of a whole flow: its own fields, then its tasks under its defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from shared.flows.language.definition import Concurrency, FlowDefinition
from shared.flows.source.report import Spot
from shared.flows.validation import fields, habits
from shared.flows.validation.defaults import Defaults, check_defaults
from shared.flows.validation.fields import Field, read_fields
from shared.flows.validation.inputs import read_inputs
from shared.flows.validation.retries import read_retry
from shared.flows.validation.tasks import Section, Surroundings, Tasks
from shared.flows.validation.triggers import read_triggers

_SECTIONS: Final[tuple[Section, ...]] = ("tasks", "errors", "finally")
_ENVELOPE: Final = ("name", "namespace")
MAX_VARIABLES: Final = 100

read_flow_name = fields.name(
    r"[a-zA-Z0-9][a-zA-Z0-9._-]*",
    100,
    'letters, digits, ".", "_" and "-", beginning with a letter or digit',
)
read_namespace = fields.name(
    r"[a-z0-9][a-z0-9._-]*",
    150,
    'lower-case letters, digits, ".", "_" and "-", beginning with a letter or digit',
)


def _concurrency(spot: Spot) -> Concurrency | None:
    values = read_fields(spot, _CONCURRENCY_FIELDS)
    return Concurrency.model_construct(**{k: v for k, v in values.items() if v is not None})


def _read_elsewhere(_spot: Spot) -> None:
    """Skip lists of tasks: they are read once the defaults are known."""


def _variables(spot: Spot) -> dict[str, Any] | None:
    found: dict[str, Any] | None = fields.names_map(fields.anything)(spot)
    if found and len(found) > MAX_VARIABLES:
        spot.refuse(f"{len(found)} variables, at most {MAX_VARIABLES} are allowed")
        return None
    return found


def _defaults(spot: Spot) -> Any:
    if fields.names_map(_a_map)(spot) is not None:
        check_defaults(spot)
    return spot.value


def _a_map(spot: Spot) -> Any:
    if spot.node.entries is None:
        fields.refuse_kind(spot, "a map")
    return spot.value


_CONCURRENCY_FIELDS: Final = {
    "limit": Field(fields.whole_number(least=1), is_required=True),
    "behavior": Field(fields.choice("QUEUE", "CANCEL", "FAIL")),
    "key": Field(fields.text),
}
_FIELDS: Final[Mapping[str, Field]] = {
    "name": Field(read_flow_name),
    "namespace": Field(read_namespace),
    "description": Field(fields.text),
    "labels": Field(fields.labels),
    "disabled": Field(fields.boolean),
    "inputs": Field(read_inputs),
    "variables": Field(_variables),
    "tasks": Field(_read_elsewhere),
    "errors": Field(_read_elsewhere),
    "finally": Field(_read_elsewhere),
    "outputs": Field(fields.names_map(fields.anything)),
    "timeout": Field(fields.duration_or_template),
    "retry": Field(read_retry),
    "concurrency": Field(_concurrency),
    "defaults": Field(_defaults),
    "triggers": Field(read_triggers),
    "idempotency": Field(fields.choice("optional", "required")),
    "isolation": Field(fields.choice("segment", "task")),
    "retention": Field(fields.some_duration),
}


@dataclass(frozen=True)
class Envelope:
    """Name and namespace given beside the text; they win over it."""

    name: str | None
    namespace: str | None


@dataclass(frozen=True)
class WrittenFlow:
    """A flow as far as it could be read."""

    root: Spot
    definition: FlowDefinition
    tasks: Tasks


def read_flow(root: Spot, envelope: Envelope) -> WrittenFlow:
    values = read_fields(_without_extensions(root), _FIELDS, habits.of_flow)
    _apply_envelope(root, envelope, values)
    tasks = Tasks(Defaults(root.entry("defaults")))
    for section in _SECTIONS:
        child = root.entry(section)
        if child is not None and child.value is not None:
            key = "finally_" if section == "finally" else section
            values[key] = tasks.read_list(child, Surroundings(section))
    if root.node.entries is not None:
        _check_tasks_given(root)
    kept = {key: value for key, value in values.items() if value is not None}
    definition = FlowDefinition.model_construct(**{"name": "", "tasks": (), **kept})
    return WrittenFlow(root, definition, tasks)


def _without_extensions(root: Spot) -> Spot:
    """Return the flow without its fields `x-…`, which are a place for anchors and mean nothing."""
    entries = root.node.entries
    if entries is None:
        return root
    kept = {name: entry for name, entry in entries.items() if not name.startswith("x-")}
    return replace(root, node=root.node._replace(entries=kept))


def _check_tasks_given(root: Spot) -> None:
    tasks = root.entry("tasks")
    if tasks is None or tasks.value is None:
        root.refuse('missing "tasks"')
    elif tasks.value == []:
        tasks.refuse('"tasks" is empty')


def _apply_envelope(root: Spot, envelope: Envelope, values: dict[str, Any]) -> None:
    for key in _ENVELOPE:
        given = getattr(envelope, key)
        written = root.entry(key)
        if given is not None:
            values[key] = given
            if written is not None and written.value is not None and written.value != given:
                written.warn(f'the {key} given with the request, "{given}", wins over this one')
    if root.node.entries is not None and values.get("name") is None and root.entry("name") is None:
        root.refuse('missing "name"')
