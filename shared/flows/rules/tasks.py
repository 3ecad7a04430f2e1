"""How tasks are read: their fields, their nested lists, their properties under the defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final, Literal

from shared.flows.definition import RunWhen, TaskDefinition
from shared.flows.rules import fields
from shared.flows.rules.fields import Field, read_fields, suggest
from shared.flows.rules.report import Spot
from shared.flows.rules.retries import read_retry
from shared.plugins.plugin import Plugin
from shared.plugins.registry import all_plugins, find, suggestions

MOST_TASKS: Final = 500

Section = Literal["tasks", "errors", "finally"]

_LISTS: Final[Mapping[str, tuple[str, ...]]] = {
    "flow.if": ("then", "else"),
    "flow.switch": ("cases", "default"),
    "flow.foreach": ("tasks",),
    "flow.parallel": ("tasks",),
}
"""Which lists of tasks a type takes; the first is required."""

_LIST_KEYS: Final = ("tasks", "then", "else", "cases", "default")


@dataclass(frozen=True)
class Surroundings:
    """Where a task stands: in which list of the flow, inside which containers, outermost first."""

    section: Section
    containers: tuple[tuple[str, str, str], ...] = ()
    """Name and type of the container, and the key of its list (`then`, `cases.eu`)."""

    def inside(self, name: str, kind: str, key: str) -> "Surroundings":
        return Surroundings(self.section, (*self.containers, (name, kind, key)))

    @property
    def is_in_loop(self) -> bool:
        return any(kind == "flow.foreach" for _, kind, _ in self.containers)


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
    """Reads lists of tasks; `written` are all of them, containers before what they hold."""

    defaults: Spot | None
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
            if len(self.written) >= MOST_TASKS:
                self._stop(child)
                break
            self._read_task(child, surroundings, siblings)
        return tuple(task.definition for task in siblings)

    def _stop(self, spot: Spot) -> None:
        if not self.is_over:
            spot.refuse(f"more than {MOST_TASKS} tasks")
        self.is_over = True

    def _read_task(
        self, spot: Spot, surroundings: Surroundings, siblings: list[WrittenTask]
    ) -> None:
        values = read_fields(spot, _FIELDS)
        kind = values.get("type")
        plugin = find(kind) if kind else None
        place = len(self.written)
        name = values.get("name")
        if name is None:
            name = values["name"] = f"?{place}"  # no name can look like this
        properties = self._properties(spot.entry("properties"), plugin)
        values["properties"] = {key: child.value for key, child in properties.items()}
        self.written.append(
            WrittenTask(spot, _PLACEHOLDER, plugin, surroundings, properties, siblings)
        )
        values |= self._read_nested(spot, kind if plugin else None, surroundings, name)
        written = WrittenTask(spot, _define(values), plugin, surroundings, properties, siblings)
        self.written[place] = written
        siblings.append(written)

    def _read_nested(
        self, spot: Spot, kind: str | None, surroundings: Surroundings, name: str
    ) -> dict[str, Any]:
        taken = _LISTS.get(kind or "", ())
        nested: dict[str, Any] = {}
        for key in _LIST_KEYS:
            child = spot.entry(key)
            if child is None or child.value is None or kind is None:
                continue
            if key not in taken:
                child.refuse_key(_misplaced(key, kind))
            elif key == "cases":
                nested[key] = self._read_cases(child, surroundings, name)
            else:
                inside = surroundings.inside(name, kind, key)
                nested[_attribute(key)] = self.read_list(child, inside, kind=kind)
        if taken and _attribute(taken[0]) not in nested:
            spot.refuse(f'missing "{taken[0]}"')
        elif taken and not nested[_attribute(taken[0])] and not self.is_over:
            _refuse_empty(spot, taken[0])
        return nested

    def _read_cases(
        self, spot: Spot, surroundings: Surroundings, name: str
    ) -> dict[str, tuple[TaskDefinition, ...]]:
        if spot.node.entries is None:
            fields.refuse_kind(spot, "a map of lists of tasks")
        return {
            case: self.read_list(
                child, surroundings.inside(name, "flow.switch", f"cases.{case}"), kind="flow.switch"
            )
            for case, child in spot.entries()
        }

    def _properties(self, spot: Spot | None, plugin: Plugin | None) -> dict[str, Spot]:
        """The task's own over the defaults: patterns in the order of the text, later wins."""
        merged: dict[str, Spot] = {}
        if plugin and self.defaults:
            for pattern, default in self.defaults.entries():
                if fnmatchcase(plugin.manifest.id, pattern):
                    merged |= {key: at for key, at in default.entries() if _knows(plugin, key)}
        return {**merged, **(dict(spot.entries()) if spot else {})}


def _refuse_empty(spot: Spot, key: str) -> None:
    child = spot.entry(key)
    if child is not None and child.value in ([], {}):
        child.refuse(f'"{key}" is empty')


def _misplaced(key: str, kind: str) -> str:
    owners = " and ".join(owner for owner, keys in _LISTS.items() if key in keys)
    return f'"{key}" belongs to {owners}, not to {kind}'


def _attribute(key: str) -> str:
    return "else_" if key == "else" else key


def _knows(plugin: Plugin, key: str) -> bool:
    schema = plugin.manifest.input_schema
    is_open = schema.get("additionalProperties", True) is not False
    return is_open or key in schema.get("properties", {})


def check_defaults(spot: Spot | None) -> None:
    """Each pattern matches a plugin, and each property is known to one that it matches."""
    for pattern, properties in spot.entries() if spot else ():
        matched = [each for each in all_plugins() if fnmatchcase(each.manifest.id, pattern)]
        if not matched:
            hint = suggest(pattern, (each.manifest.id for each in all_plugins()), properties)
            properties.refuse_key(f'no plugin matches "{fields.shorten(pattern)}"{hint}')
        for key, child in properties.entries():
            if matched and not any(_knows(plugin, key) for plugin in matched):
                known = {name for each in matched for name in _declared(each)}
                hint = suggest(key, known, child)
                child.refuse_key(f'unknown property "{fields.shorten(key)}"{hint}')


def _declared(plugin: Plugin) -> Mapping[str, Any]:
    declared: Mapping[str, Any] = plugin.manifest.input_schema.get("properties", {})
    return declared


def _define(values: dict[str, Any]) -> TaskDefinition:
    """What could be read; the definition of a task with errors never leaves the validator."""
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
    """Lists of tasks need to know where they stand, see `Tasks._read_nested`."""


_run_when_text = fields.choice(*RunWhen)
_PLACEHOLDER = TaskDefinition(name="?", type="")
_SNAKE: Final = {
    "dependsOn": "depends_on",
    "runWhen": "run_when",
    "allowFailure": "allow_failure",
    "logLevel": "log_level",
}
_FIELDS: Final[Mapping[str, Field]] = {
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
    "labels": Field(fields.names_map(fields.text)),
    "logLevel": Field(fields.choice("TRACE", "DEBUG", "INFO", "WARN", "ERROR")),
    **{key: Field(_read_elsewhere) for key in _LIST_KEYS},
}
