"""The names that can be read from what templates know: a misspelt one is told before it runs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from shared.expressions import TemplateSyntaxError, parse_expression
from shared.flows.source.report import Spot
from shared.flows.validation.fields import shorten, suggest
from shared.flows.validation.tasks import Section, WrittenTask

Shape: TypeAlias = "Mapping[str, Shape] | None"
"""The names that a value has, each with its own shape; None where it may have any."""
Path = tuple[str, ...]

_MAX_LISTED = 10


def _only(*names: str) -> dict[str, Shape]:
    return dict.fromkeys(names)


FLOW: Final = _only("id", "name", "namespace", "revision")
TASK: Final = _only("name", "type", "attempt")
ERROR: Final = _only("taskName", "code", "message", "status")
EXECUTION: Final = _only("id", "startedAt", "attempt", "retryOf")
ENDED_EXECUTION: Final[Shape] = {**EXECUTION, "status": None}
"""The names of `execution` once the flow's own tasks are over."""
ENDED_TASK: Final[Shape] = {
    **_only("status", "attempt"),
    "error": _only("code", "message", "statusCode"),
}
ERROR_PATHS: Final = frozenset(("error", name) for name in ERROR)
ITERATION: Final = _only("item", "index", "key")


@dataclass(frozen=True)
class Members:
    """The names below the roots of one flow: of its inputs, its tasks, and what all flows have."""

    inputs: Mapping[str, Shape]
    tasks: Mapping[str, WrittenTask]

    def check(self, spot: Spot, path: Path, section: Section | None, offset: int | None) -> None:
        """Warn of the last name of a path, if what the rest leads to is known and lacks it.

        `section` is where the path is read; None for what is read in all of them, as variables.
        """
        shape: Shape = {path[0]: self._root(path, section)}
        for name in path[:-1]:
            shape = shape.get(name) if shape else None
        if shape is not None and path[-1] not in shape and not spot.report.is_full("warning"):
            spot.warn(_sentence(path, shape, spot), offset=offset)

    def _root(self, path: Path, section: Section | None) -> Shape:
        """Return the shape of a root; of tasks and loops only the one that the path goes through.

        One that is not there is refused where names of tasks and loops are checked.
        """
        match path:
            case ("inputs", *_):
                return self.inputs
            case ("outputs", str(name), _, *_) if name in self.tasks:
                return {name: _outputs(self.tasks[name])}
            case ("tasks", str(name), _, *_):
                return {name: ENDED_TASK}
            case ("loops", str(name), _, *_):
                return {name: ITERATION}
            case ("execution", *_):
                return EXECUTION if section == "tasks" else ENDED_EXECUTION
        return {"flow": FLOW, "task": TASK, "error": ERROR}.get(path[0])


def input_members(root: Spot) -> Mapping[str, Shape]:
    """Return the inputs that a flow declares, and those that its own triggers give."""
    names = [each.entry("name") for each in _items(root.entry("inputs"))]
    configs = [each.entry("config") for each in _items(root.entry("triggers"))]
    given = [config.entry("inputs") for config in configs if config]
    return _only(
        *(each.value for each in names if each and isinstance(each.value, str)),
        *(name for each in given if each for name, _ in each.entries()),
    )


def tested_around(task: WrittenTask, tasks: Mapping[str, WrittenTask]) -> frozenset[Path]:
    """Return the paths that the conditions of a task, and of the containers round it, ask for."""
    found: frozenset[Path] = frozenset()
    around = [tasks.get(name) for name, _, _ in task.surroundings.containers]
    for each in (task, *around):
        if each is not None:
            found |= _tested(each.spot.entry("when")) | _tested(each.properties.get("condition"))
    return found


def is_tested(path: Path, tested: Iterable[Path]) -> bool:
    return any(each[: len(path)] == path for each in tested)


def _items(spot: Spot | None) -> Iterable[Spot]:
    return spot.items() if spot else ()


def _tested(spot: Spot | None) -> frozenset[Path]:
    if spot is None or not isinstance(spot.value, str):
        return frozenset()
    try:
        found = parse_expression(spot.value).references
    except TemplateSyntaxError:
        return frozenset()
    asks_how_it_ends = "error" in found.roots or ("execution", "status") in found.paths
    return found.tested | (ERROR_PATHS if asks_how_it_ends else frozenset())


def _outputs(task: WrittenTask) -> Shape:
    return _shape(task.plugin.manifest.output_schema) if task.plugin else None


def _shape(schema: Mapping[str, Any]) -> Shape:
    properties = schema.get("properties")
    if not properties or schema.get("additionalProperties"):
        return None
    return {name: _shape(each) for name, each in properties.items()}


def _sentence(path: Path, shape: Mapping[str, Shape], spot: Spot) -> str:
    name = shorten(path[-1])
    hint = suggest(path[-1], shape, spot)
    if path[0] == "inputs":
        return f'undeclared input "{name}"{hint or ": declare it under inputs"}'
    if path == ("execution", "status"):
        return "execution.status is known only inside errors and finally"
    listed = "" if hint or len(shape) > _MAX_LISTED else f": it has {', '.join(shape)}"
    return f'{_written(path[:-1])} has no "{name}"{hint}{listed}'


def _written(path: Path) -> str:
    steps = (f".{name}" if name.isidentifier() else f'["{name}"]' for name in path[1:])
    return shorten(path[0] + "".join(steps))
