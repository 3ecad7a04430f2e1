"""A task's properties against the schema of its plugin, each finding at its own place."""

from collections.abc import Sequence

from shared.expressions import TemplateSyntaxError, parse_template
from shared.flows.source.paths import child_path
from shared.flows.source.report import Spot
from shared.flows.validation.task_fields import TASK_FIELDS
from shared.flows.validation.tasks import WrittenTask
from shared.plugins.properties import validate_written_properties
from shared.plugins.sdk.plugin import Manifest


class PropertyRules:
    """The rules for properties; right ones that aliases or defaults repeat are checked once."""

    def __init__(self) -> None:
        self._right: set[tuple[str | int, ...]] = set()

    def check(self, task: WrittenTask) -> None:
        """Refuse missing, unknown or mistyped properties; values of templates are left open."""
        if task.plugin is None or task.spot.report.is_full():
            return
        values = [part for key, at in task.properties.items() for part in (key, id(at.node))]
        known = (task.plugin.manifest.id, *values)
        if known not in self._right and _check(task, task.plugin.manifest):
            self._right.add(known)


def _check(task: WrittenTask, manifest: Manifest) -> bool:
    written = task.spot.entry("properties")
    if written is not None and written.value is not None and written.node.entries is None:
        return False  # refused when the task was read
    found = validate_written_properties(manifest, task.definition.properties, _is_template)
    for path, message in found:
        _refuse(task, written or task.spot, path, message.unmasked())
    return not found


def _is_template(source: str) -> bool:
    try:
        return not parse_template(source).is_constant
    except TemplateSyntaxError:
        return True


def _refuse(task: WrittenTask, written: Spot, path: Sequence[str | int], message: str) -> None:
    if not path:
        if not _misplaced(task):
            written.refuse_key(message)
        return
    parent, spot = written, task.properties.get(str(path[0]))
    for step in path[1:]:
        if spot is not None:
            parent, spot = spot, _step(spot, step)
    if spot is None:
        _refuse_missing(task, parent, path, message)
    elif message.startswith("unknown property"):
        spot.refuse_key(message)
    else:
        spot.refuse(message)


def _step(spot: Spot, step: str | int) -> Spot | None:
    return spot.entry(step) if isinstance(step, str) else spot.item(step)


def _refuse_missing(
    task: WrittenTask, parent: Spot, path: Sequence[str | int], message: str
) -> None:
    """Refuse the absence of a property: at the key of the map that lacks it."""
    if len(path) == 1 and path[0] in _misplaced(task):
        return
    place = parent.path if parent.path != task.spot.path else f"{parent.path}.properties"
    subject = message.removesuffix(" is required")
    missing = message if subject == message else f'missing property "{subject}"'
    parent.at(child_path(place, str(path[-1]))).refuse_key(missing)


def _misplaced(task: WrittenTask) -> frozenset[str]:
    """Return the fields that stand beside `properties`: they were refused when it was read."""
    return frozenset(name for name, _ in task.spot.entries() if name not in TASK_FIELDS)
