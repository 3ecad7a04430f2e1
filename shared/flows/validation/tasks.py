"""The reading of tasks: their fields, their nested lists, their properties under the defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from shared.flows.language.definition import TaskDefinition
from shared.flows.source.report import Spot
from shared.flows.validation import fields, habits
from shared.flows.validation.defaults import Defaults
from shared.flows.validation.fields import UNNAMED, read_fields
from shared.flows.validation.task_fields import LIST_KEYS, TASK_FIELDS, define
from shared.plugins.registry import find
from shared.plugins.sdk.plugin import Plugin

MAX_TASKS: Final = 500

Section = Literal["tasks", "errors", "finally"]

_LISTS: Final[Mapping[str, tuple[str, ...]]] = {
    "flow.if": ("then", "else"),
    "flow.switch": ("cases", "default"),
    "flow.foreach": ("tasks",),
    "flow.loop": ("tasks",),
    "flow.parallel": ("tasks",),
}
"""The lists of tasks that a type takes; the first is required."""

LOOP_TYPES: Final = frozenset({"flow.foreach", "flow.loop"})
"""The types whose tasks run more than once."""


@dataclass(frozen=True)
class Surroundings:
    """The position of a task: its list of the flow, and its containers, outermost first."""

    section: Section
    containers: tuple[tuple[str, str, str], ...] = ()
    """Name and type of the container, and the key of its list (`then`, `cases.eu`)."""

    def inside(self, name: str, kind: str, key: str) -> "Surroundings":
        return Surroundings(self.section, (*self.containers, (name, kind, key)))

    def at(self, key: str) -> "Surroundings":
        """Return the surroundings of another list of the innermost container."""
        name, kind, _ = self.containers[-1]
        return Surroundings(self.section, (*self.containers[:-1], (name, kind, key)))

    @property
    def loops(self) -> tuple[str, ...]:
        """The names of the loops round it, outermost first."""
        return tuple(name for name, kind, _ in self.containers if kind in LOOP_TYPES)

    @property
    def is_in_rounds(self) -> bool:
        """Tell whether the innermost loop has rounds, no items."""
        kinds = [kind for _, kind, _ in self.containers if kind in LOOP_TYPES]
        return kinds[-1:] == ["flow.loop"]

    @property
    def is_in_loop(self) -> bool:
        return bool(self.loops)


@dataclass(frozen=True, eq=False)
class WrittenTask:
    """A task as far as it could be read, and where; `properties` holds the defaults too."""

    spot: Spot
    definition: TaskDefinition
    plugin: Plugin | None
    surroundings: Surroundings
    properties: Mapping[str, Spot]
    siblings: list["WrittenTask"]


@dataclass
class Tasks:
    """The reader of task lists; `written` are all tasks, containers before what they hold."""

    defaults: Defaults
    written: list[WrittenTask] = field(default_factory=list)
    lists: list[tuple[list[WrittenTask], str | None]] = field(default_factory=list)
    """Each list, with the type of the container it belongs to."""
    is_over: bool = False

    def read_list(
        self, spot: Spot, surroundings: Surroundings, *, kind: str | None = None
    ) -> tuple[TaskDefinition, ...]:
        if spot.node.items is None:
            fields.refuse_kind(spot, "a list of tasks")
            return ()
        siblings: list[WrittenTask] = []
        self.lists.append((siblings, kind))
        for child in spot.items():
            if len(self.written) >= MAX_TASKS:
                self._stop(child)
                break
            self._read_task(child, surroundings, siblings)
        return tuple(task.definition for task in siblings)

    def _stop(self, spot: Spot) -> None:
        if not self.is_over:
            spot.refuse(f"more than {MAX_TASKS} tasks")
        self.is_over = True

    def _read_task(
        self, spot: Spot, surroundings: Surroundings, siblings: list[WrittenTask]
    ) -> None:
        values = read_fields(spot, TASK_FIELDS, lambda name: _instead_of(name, spot))
        kind = values.get("type") or ""
        plugin = find(kind)
        place = len(self.written)
        if values.get("name") is None:
            values["name"] = f"{UNNAMED}{place}"
        properties = self.defaults.under(spot.entry("properties"), plugin)
        values["properties"] = {key: child.value for key, child in properties.items()}
        # Holds the place in front of the nested tasks, which are read first.
        self.written.append(WrittenTask(spot, _UNREAD, plugin, surroundings, properties, siblings))
        values |= self._read_nested(spot, surroundings.inside(values["name"], kind, ""), plugin)
        written = WrittenTask(spot, define(values), plugin, surroundings, properties, siblings)
        self.written[place] = written
        siblings.append(written)

    def _read_nested(
        self, spot: Spot, inside: Surroundings, plugin: Plugin | None
    ) -> dict[str, Any]:
        kind = plugin.manifest.id if plugin else ""
        taken = _LISTS.get(kind, ()) if plugin else LIST_KEYS
        nested: dict[str, Any] = {}
        for key in LIST_KEYS:
            child = spot.entry(key)
            if child is None or child.value is None:
                continue
            if key not in taken:
                child.refuse_key(_misplaced(key, kind))
            elif key == "cases":
                nested[key] = self._read_cases(child, inside)
            else:
                nested[_attribute(key)] = self.read_list(child, inside.at(key), kind=kind)
        if kind in _LISTS and not self.is_over:
            _check_given(spot, _LISTS[kind][0], nested)
        return nested

    def _read_cases(
        self, spot: Spot, inside: Surroundings
    ) -> dict[str, tuple[TaskDefinition, ...]]:
        if spot.node.entries is None:
            fields.refuse_kind(spot, "a map of lists of tasks")
        return {
            case: self.read_list(child, inside.at(f"cases.{case}"), kind="flow.switch")
            for case, child in spot.entries()
        }


def _instead_of(name: str, task: Spot) -> str:
    """Say that a field is a property of the task's type, if it is one, or what to write for it."""
    kind = task.entry("type")
    plugin = find(kind.value) if kind and isinstance(kind.value, str) else None
    is_known = plugin and name in plugin.manifest.input_schema.get("properties", {})
    if is_known:
        return f": write it under properties, as properties.{name}"
    return habits.of_task(name)


def _check_given(spot: Spot, key: str, nested: Mapping[str, Any]) -> None:
    child = spot.entry(key)
    if _attribute(key) not in nested:
        spot.refuse(f'missing "{key}"')
    elif child is not None and child.value in ([], {}):
        child.refuse(f'"{key}" is empty')


def _misplaced(key: str, kind: str) -> str:
    owners = " and ".join(owner for owner, keys in _LISTS.items() if key in keys)
    return f'"{key}" belongs to {owners}, not to {kind}'


def _attribute(key: str) -> str:
    return "else_" if key == "else" else key


_UNREAD: Final = TaskDefinition(name=UNNAMED, type="")
