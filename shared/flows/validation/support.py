"""The valid features that cannot be run yet: one table, which shrinks as the engine grows."""

from collections.abc import Iterable, Mapping
from typing import Final

from shared.flows.source.report import Spot
from shared.flows.validation.tasks import WrittenTask

UNSUPPORTED_FLOW_FIELDS: Final[Mapping[str, str]] = {
    "triggers": "inline triggers are",
}


def check_support(root: Spot, tasks: Iterable[WrittenTask]) -> None:
    """Report all that the engine cannot run yet, templates apart (they are read only once)."""
    for name, child in root.entries():
        if name in UNSUPPORTED_FLOW_FIELDS and child.value not in (None, [], {}):
            child.not_supported(UNSUPPORTED_FLOW_FIELDS[name])
    for task in tasks:
        _check_task(task)


def _check_task(task: WrittenTask) -> None:
    kind, plugin = task.spot.entry("type"), task.plugin
    if kind is None or plugin is None:
        return
    name = plugin.manifest.id
    if not plugin.is_available:
        kind.not_supported(f"{name} is")
