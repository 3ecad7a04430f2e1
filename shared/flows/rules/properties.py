"""A task's properties against the schema of its plugin, each finding at its own place."""

from collections.abc import Sequence

from shared.expressions import TemplateSyntaxError, parse_template
from shared.flows.rules.report import Spot
from shared.flows.rules.tasks import WrittenTask
from shared.plugins.schemas import validate_written_properties


def check_properties(task: WrittenTask) -> None:
    """Say what is missing, unknown or mistyped; what a template still decides is left open."""
    if task.plugin is None:
        return
    written = task.spot.entry("properties")
    if written is not None and written.value is not None and written.node.entries is None:
        return  # refused when the task was read
    for path, message in validate_written_properties(
        task.plugin.manifest, task.definition.properties, _is_template
    ):
        _refuse(task, written or task.spot, path, message)


def _is_template(source: str) -> bool:
    try:
        return not parse_template(source).is_constant
    except TemplateSyntaxError:
        return True


def _refuse(task: WrittenTask, written: Spot, path: Sequence[str | int], message: str) -> None:
    if not path:
        written.refuse_key(message)
        return
    spot = task.properties.get(str(path[0]))
    for depth, step in enumerate(path):
        following = spot if depth == 0 else _step(spot, step)
        if following is None:
            _refuse_missing(task, spot or written, path, message)
            return
        spot = following
    if spot is not None:
        _refuse_present(spot, message)


def _step(spot: Spot | None, step: str | int) -> Spot | None:
    if spot is None:
        return None
    if isinstance(step, str):
        return spot.entry(step)
    return next((child for index, child in enumerate(spot.items()) if index == step), None)


def _refuse_missing(
    task: WrittenTask, parent: Spot, path: Sequence[str | int], message: str
) -> None:
    """A property that is not there: at the key of the map that lacks it."""
    place = parent.path if parent.path != task.spot.path else f"{parent.path}.properties"
    name = path[-1]
    named = f"{place}[{name}]" if isinstance(name, int) else f"{place}.{name}"
    subject = message.removesuffix(" is required")
    missing = message if subject == message else f'missing property "{subject}"'
    parent.at(named).refuse_key(missing)


def _refuse_present(spot: Spot, message: str) -> None:
    if message.startswith("unknown property"):
        spot.refuse_key(message)
    else:
        spot.refuse(message)
