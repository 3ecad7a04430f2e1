"""What is valid but cannot be run yet: one table, which shrinks as the engine grows."""

from collections.abc import Iterable, Mapping
from typing import Final

from shared.flows.definition import InputDefinition, InputType
from shared.flows.rules.report import Spot
from shared.flows.rules.tasks import WrittenTask

UNSUPPORTED_FLOW_FIELDS: Final[Mapping[str, str]] = {
    "errors": '"errors" is',
    "finally": '"finally" is',
    "timeout": "a timeout of the whole flow is",
    "retry": "a retry of the whole flow is",
    "concurrency": '"concurrency" is',
    "triggers": "inline triggers are",
    "retention": '"retention" is',
}
UNSUPPORTED_VALUES: Final[Mapping[tuple[str, str], str]] = {
    ("isolation", "task"): "isolation: task is",
}
UNSUPPORTED_TASK_FIELDS: Final[Mapping[str, str]] = {"retry": "a retry of a task is"}
UNSUPPORTED_INPUT_TYPES: Final[Mapping[InputType, str]] = {
    InputType.SECRET: "inputs of type SECRET are"
}
UNSUPPORTED_FUNCTIONS: Final[Mapping[str, str]] = {"kv": "kv() is"}
SUPPORTED_EXECUTIONS: Final = frozenset({"inline"})


def check_support(
    root: Spot, inputs: Iterable[tuple[InputDefinition, Spot]], tasks: Iterable[WrittenTask]
) -> None:
    """Report all that the engine cannot run yet, templates apart (they are read only once)."""
    for name, child in root.entries():
        if name in UNSUPPORTED_FLOW_FIELDS and child.value not in (None, [], {}):
            child.not_supported(UNSUPPORTED_FLOW_FIELDS[name])
        elif isinstance(child.value, str) and (name, child.value) in UNSUPPORTED_VALUES:
            child.not_supported(UNSUPPORTED_VALUES[name, child.value])
    for definition, spot in inputs:
        if definition.type in UNSUPPORTED_INPUT_TYPES:
            spot.not_supported(UNSUPPORTED_INPUT_TYPES[definition.type])
    for task in tasks:
        _check_task(task)


def _check_task(task: WrittenTask) -> None:
    kind = task.spot.entry("type")
    if kind and task.plugin and task.plugin.manifest.execution not in SUPPORTED_EXECUTIONS:
        kind.not_supported(f"{task.plugin.manifest.id} is")
    for name, child in task.spot.entries():
        if name in UNSUPPORTED_TASK_FIELDS and child.value is not None:
            child.not_supported(UNSUPPORTED_TASK_FIELDS[name])
