"""The rules for templates at each place: their syntax, the names they know, the tasks they read."""

import re
from collections.abc import Callable, Container, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from shared.expressions import (
    TASK_ROOTS,
    Expression,
    References,
    Template,
    TemplateSyntaxError,
    instead_of,
    parse_expression,
    parse_template,
)
from shared.flows.source.report import Spot
from shared.flows.validation.credentials import check_credentials
from shared.flows.validation.fields import shorten, suggest
from shared.flows.validation.members import ERROR_PATHS, Members, Path, is_tested
from shared.flows.validation.tasks import Section, Surroundings, WrittenTask
from shared.plugins.sdk.plugin import Plugin

Parse = Callable[[str], Template | Expression]

MAX_TEMPLATES: Final = 5000
"""Different ones in a flow: a function keeps as many parsed."""

_EVERYWHERE: Final = frozenset({"inputs", "vars", "trigger", "execution", "flow", "labels"})
_LOOP: Final = frozenset({"item", "index", "key", "loops"})
_OF_ITEMS: Final = frozenset({"item", "key"})
_ITEM: Final = frozenset({"item", "index"})

_ELSEWHERE: Final[Mapping[str, str]] = {
    "outputs": "outputs cannot be read here",
    "tasks": "tasks cannot be read here",
    "task": '"task" is known only inside a task',
    "item": '"item" is known only inside a loop',
    "index": '"index" is known only inside a loop',
    "key": '"key" is known only inside a loop',
    "loops": '"loops" is known only inside a loop',
    "acc": '"acc" is known only where a task evaluates the expression itself',
    "error": '"error" is known only inside errors and finally',
}


_NO_ERROR: Final = (
    "error is null in finally when nothing failed: write default('…') behind it, or when: error"
)


@dataclass(frozen=True)
class Place:
    """The names a template knows at its place; `has_credentials` when it may say `${NAME}`.

    `has_keys` is false where it may not call `kv()`: what starts executions reads no key.
    `tested` are the paths that are asked for before anything at this place is rendered.
    """

    roots: frozenset[str]
    reader: Surroundings = Surroundings("tasks")  # noqa: RUF009 - frozen
    reader_name: str = ""
    has_credentials: bool = False
    has_keys: bool = True
    tested: frozenset[Path] = frozenset()

    @property
    def section(self) -> Section | None:
        """The section of the flow that it belongs to; variables are read in all of them."""
        return self.reader.section if self.roots >= TASK_ROOTS else None


FLOW = Place(_EVERYWHERE)
BEFORE_START = Place(_EVERYWHERE, has_keys=False)
VARIABLES = Place(_EVERYWHERE | {"task"})
OUTPUTS = Place(_EVERYWHERE | TASK_ROOTS)


def place_of(task: WrittenTask, tested: frozenset[Path]) -> Place:
    """Return the place of a task's templates, deferred expressions apart."""
    where = task.surroundings
    roots = _EVERYWHERE | TASK_ROOTS | {"task"}
    roots |= _LOOP if where.is_in_loop else frozenset()
    roots -= _OF_ITEMS if where.is_in_rounds else frozenset()
    roots |= {"error"} if where.section != "tasks" else frozenset()
    return Place(roots, where, task.definition.name, has_credentials=True, tested=tested)


def inside(place: Place, kind: str) -> Place:
    """Return the place of an expression of a loop over what an iteration of it came to."""
    return replace(place, reader=place.reader.inside(place.reader_name, kind, "tasks"))


def deferred_locals(plugin: Plugin | None) -> Mapping[str, AbstractSet[str]]:
    """Return the deferred properties of a type, with the further names their expressions know."""
    declared = plugin.manifest.input_schema.get("properties", {}) if plugin else {}
    return {
        name: frozenset(schema.get("x-locals", _ITEM))
        for name, schema in declared.items()
        if schema.get("x-deferred")
    }


@dataclass(frozen=True)
class Variables:
    """The names of variables: the flow's own, then its namespace's, asked for when one is missed.

    The names of a namespace are read once, for flows that need them.
    """

    own: AbstractSet[str]
    read_shared: Callable[[], AbstractSet[str]]

    @cached_property
    def names(self) -> AbstractSet[str]:
        return self.own | self.read_shared()

    def __contains__(self, name: object) -> bool:
        return name in self.own or name in self.names


@dataclass
class TemplateRules:
    """The checker of templates against known names; `read_at` remembers who reads whom where."""

    members: Members
    variables: Variables
    known_credential: Callable[[str], bool]
    read_at: dict[tuple[str, str], Spot] = field(default_factory=dict)
    _parsed: dict[tuple[Parse, str], References] = field(default_factory=dict)
    _has_too_many: bool = False

    @property
    def tasks(self) -> Mapping[str, WrittenTask]:
        return self.members.tasks

    def check_tree(self, spot: Spot, place: Place) -> None:
        """Check every string below as a template."""
        for leaf in templated(spot):
            self._check(leaf, parse_template, place)

    def check_expression(self, spot: Spot, place: Place) -> None:
        """Check the text as one expression, its braces optional."""
        if isinstance(spot.value, str):
            self._check(spot, parse_expression, place)

    def check_deferred(self, spot: Spot, place: Place, known: AbstractSet[str]) -> None:
        """Check every string below as an expression of the task's, with more names `known`."""
        deferred = replace(place, roots=place.roots | known, has_credentials=False)
        for leaf in _texts(spot):
            self._check(leaf, parse_expression, deferred)

    def _check(self, spot: Spot, parse: Parse, place: Place) -> None:
        found = None if spot.report.is_full() else self._references(spot, parse)
        if found is None:
            return
        for root in sorted((found.needed | found.roots & TASK_ROOTS) - place.roots):
            _check_root(spot, root, place, self._home_of(root))
        if "kv" in found.functions and not place.has_keys:
            message = "kv() cannot be called here: let it be an input"
            spot.refuse(message, offset=offset_of(spot, "kv"))
        if place.has_credentials:
            check_credentials(spot, found, self.known_credential)
        self._check_variables(spot, found)
        self._check_members(spot, found, place)
        if "loops" in place.roots:
            _check_loops(spot, found, place.reader)
        if place.roots >= TASK_ROOTS:
            for name in sorted(found.reads):
                self._check_read(spot, name, place)

    def _home_of(self, name: str) -> str:
        """Say below which root a name stands that is a task's, an input's or a variable's."""
        if name in self.tasks:
            return f": what that task gave is written outputs.{name}"
        known: Mapping[str, Container[str]] = {
            "inputs": self.members.inputs,
            "vars": self.variables,
        }
        homes = [f"{root}.{name}" for root, names in known.items() if name in names]
        return f": write {homes[0]}" if homes else ""

    def _references(self, spot: Spot, parse: Parse) -> References | None:
        """Return the names in a template, parsed once however often aliases repeat it."""
        known = self._parsed.get((parse, spot.value))
        if known is not None:
            return known
        if len(self._parsed) >= MAX_TEMPLATES:
            self._refuse_more(spot)
            return None
        try:
            found = parse(spot.value).references
        except TemplateSyntaxError as error:
            spot.refuse(f"bad template: {error.reason.unmasked()}", offset=error.offset)
            return None
        self._parsed[parse, spot.value] = found
        return found

    def _refuse_more(self, spot: Spot) -> None:
        if not self._has_too_many:
            spot.refuse(f"more than {MAX_TEMPLATES} different templates")
        self._has_too_many = True

    def _check_variables(self, spot: Spot, found: References) -> None:
        for name in sorted(name for root, name in found.members if root == "vars"):
            if name not in self.variables and not spot.report.is_full("warning"):
                hint = suggest(name, self.variables.names, spot)
                spot.warn(f'unknown variable "{shorten(name)}"{hint}', offset=offset_of(spot, name))

    def _check_members(self, spot: Spot, found: References, place: Place) -> None:
        tested = found.tested | place.tested
        if ("error",) in tested:
            tested |= ERROR_PATHS
        for path in sorted(found.paths):
            if path[0] in place.roots and not is_tested(path, tested):
                self.members.check(spot, path, place.section, offset_of(spot, path[-1]))
                if path in ERROR_PATHS and place.section == "finally":
                    spot.warn(_NO_ERROR, offset=offset_of(spot, path[-1]))

    def _check_read(self, spot: Spot, name: str, place: Place) -> None:
        read = self.tasks.get(name)
        if read is None:
            hint = suggest(name, self.tasks, spot)
            spot.refuse(f'unknown task "{shorten(name)}"{hint}', offset=offset_of(spot, name))
            return
        self.read_at.setdefault((place.reader_name, name), spot)
        around = {container for container, _, _ in place.reader.containers} - {place.reader_name}
        if name in around:
            message = f"cycle: {name} -> {place.reader_name} -> {name}"
            spot.refuse(message, offset=offset_of(spot, name))
        elif reason := _why_not_run(read.surroundings, place.reader):
            spot.warn(f'"{name}" may not have run: {reason}', offset=offset_of(spot, name))


def _check_loops(spot: Spot, found: References, reader: Surroundings) -> None:
    for name in sorted(name for root, name in found.members if root == "loops"):
        if name not in reader.loops:
            message = f'no loop "{shorten(name)}" around this task'
            hint = suggest(name, reader.loops, spot)
            spot.refuse(message + hint, offset=offset_of(spot, name))


def _check_root(spot: Spot, root: str, place: Place, home: str) -> None:
    """Refuse a name that is known elsewhere; one that nothing has fails its task later."""
    if root in _OF_ITEMS and place.reader.is_in_rounds:
        message = f'"{root}" is known only inside a flow.foreach; of one further out: loops["…"].'
        spot.refuse(message + root, offset=offset_of(spot, root))
    elif root in _ELSEWHERE:
        spot.refuse(_ELSEWHERE[root], offset=offset_of(spot, root))
    elif not spot.report.is_full("warning"):
        hint = home or instead_of(root) or suggest(root, sorted(place.roots), spot)
        spot.warn(f'unknown name "{shorten(root)}"{hint}', offset=offset_of(spot, root))


_CONTINUED = re.compile(r"[\w-]")
"""A character beside a name that makes it a part of another."""


def offset_of(spot: Spot, name: str) -> int | None:
    """Return the offset of a name's first use in a template: parsed names carry no place."""
    source = spot.value
    start = max(source.find("{{"), 0)
    at = source.find(name, start)
    if at < 0 or not _CONTINUED.search(
        source[max(at - 1, 0) : at] + source[at + len(name) : at + len(name) + 1]
    ):
        return at if at >= 0 else None
    # A pattern costs more than all else that is done for a short template.
    found = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])").search(source, at)
    return found.start() if found else None


def _why_not_run(read: Surroundings, reader: Surroundings) -> str:
    for depth, (container, kind, key) in enumerate(read.containers):
        if reader.containers[: depth + 1] == read.containers[: depth + 1]:
            continue
        if kind == "flow.foreach":
            return f'it runs inside the loop "{container}", read outputs["{container}"].results'
        if kind == "flow.loop":
            return f'it runs inside the loop "{container}", read outputs["{container}"].outputs'
        if kind in ("flow.if", "flow.switch"):
            return f'it is in the branch "{key}" of "{container}"'
    if read.section not in (reader.section, "tasks"):
        return f'it is in "{read.section}"'
    return ""


def templated(spot: Spot) -> Iterator[Spot]:
    """Yield each text below that may hold a template; parts that hold none are not entered."""
    if not spot.node.is_templated:
        return
    if spot.node.scalar:
        yield spot
    for _, child in spot.entries():
        yield from templated(child)
    for child in spot.items():
        yield from templated(child)


def _texts(spot: Spot) -> Iterator[Spot]:
    if isinstance(spot.value, str):
        yield spot
    for _, child in spot.entries():
        yield from _texts(child)
    for child in spot.items():
        yield from _texts(child)
