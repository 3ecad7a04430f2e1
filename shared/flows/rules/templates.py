"""What templates may say at each place: their syntax, the names they know, the tasks they read."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from shared.expressions import (
    Expression,
    Template,
    TemplateSyntaxError,
    parse_expression,
    parse_template,
)
from shared.flows.rules.fields import shorten, suggest
from shared.flows.rules.report import Spot
from shared.flows.rules.support import UNSUPPORTED_FUNCTIONS
from shared.flows.rules.tasks import Surroundings, WrittenTask

_EVERYWHERE: Final = frozenset({"inputs", "vars", "trigger", "execution", "flow", "labels"})
_LOOP: Final = frozenset({"item", "index", "key"})
_FIELD_PATH = re.compile(r"[A-Za-z_][\w-]*(?:\.[\w-]+)*")

_ELSEWHERE: Final[Mapping[str, str]] = {
    "outputs": "outputs cannot be read here",
    "task": '"task" is known only inside a task',
    "item": '"item" is known only inside a loop',
    "index": '"index" is known only inside a loop',
    "key": '"key" is known only inside a loop',
    "acc": '"acc" is known only where a task evaluates the expression itself',
    "error": '"error" is known only inside errors',
}


@dataclass(frozen=True)
class Place:
    """What a template knows where it stands: its names, whether `${NAME}` is one, whose it is."""

    roots: frozenset[str]
    reader: Surroundings | None = None
    reader_name: str = ""
    has_credentials: bool = False


FLOW = Place(_EVERYWHERE)
VARIABLES = Place(_EVERYWHERE | {"task"})
OUTPUTS = Place(_EVERYWHERE | {"outputs"}, Surroundings("tasks"))


def place_of(task: WrittenTask) -> Place:
    """What the templates of a task know, deferred expressions apart."""
    where = task.surroundings
    roots = _EVERYWHERE | {"outputs", "task"}
    roots |= _LOOP if where.is_in_loop else frozenset()
    roots |= {"error"} if where.section == "errors" else frozenset()
    return Place(roots, where, task.definition.name, has_credentials=True)


@dataclass
class TemplateRules:
    """Checks templates against the tasks there are; `read_at` remembers who reads whom where."""

    tasks: Mapping[str, WrittenTask]
    known_credential: Callable[[str], bool]
    read_at: dict[tuple[str, str], Spot] = field(default_factory=dict)

    def check_tree(self, spot: Spot, place: Place) -> None:
        """Every string below is a template."""
        for leaf in _templated(spot):
            self._check(leaf, parse_template, place)

    def check_expression(self, spot: Spot, place: Place) -> None:
        """The text is one expression, its braces optional."""
        if isinstance(spot.value, str):
            self._check(spot, parse_expression, place)

    def check_deferred(self, spot: Spot, place: Place, *, may_be_field: bool = False) -> None:
        """Every string below is an expression that the task evaluates item by item."""
        roots = place.roots | _LOOP | {"acc"}
        deferred = Place(roots, place.reader, place.reader_name)
        for leaf in _leaves(spot):
            is_field = may_be_field and _FIELD_PATH.fullmatch(leaf.value)
            if not is_field:
                self._check(leaf, parse_expression, deferred)

    def _check(
        self, spot: Spot, parse: Callable[[str], Template | Expression], place: Place
    ) -> None:
        try:
            parsed = parse(spot.value)
        except TemplateSyntaxError as error:
            spot.refuse(f"bad template: {error.reason}", offset=error.offset)
            return
        for root in sorted(parsed.roots - place.roots):
            _refuse_root(spot, root, place)
        for function in sorted(parsed.functions & UNSUPPORTED_FUNCTIONS.keys()):
            spot.not_supported(UNSUPPORTED_FUNCTIONS[function])
        for credential in sorted(parsed.credentials if place.has_credentials else ()):
            if not self.known_credential(credential):
                offset = spot.value.find("${" + credential)
                spot.warn(f'credential "{credential}" not found', offset=offset)
        if "outputs" in place.roots:
            for name in sorted(parsed.reads):
                self._check_read(spot, name, place)

    def _check_read(self, spot: Spot, name: str, place: Place) -> None:
        read = self.tasks.get(name)
        if read is None:
            hint = suggest(name, self.tasks, spot)
            spot.refuse(f'unknown task "{shorten(name)}"{hint}', offset=_offset(spot.value, name))
            return
        self.read_at.setdefault((place.reader_name, name), spot)
        where = place.reader or Surroundings("tasks")
        if any(name == container for container, _, _ in where.containers):
            spot.refuse(f"cycle: {name} -> {place.reader_name} -> {name}")
        elif reason := _why_not_run(read.surroundings, where):
            offset = _offset(spot.value, name)
            spot.warn(f'"{name}" may not have run: {reason}', offset=offset)


def _refuse_root(spot: Spot, root: str, place: Place) -> None:
    offset = _offset(spot.value, root)
    known = _ELSEWHERE.get(root)
    if known is None:
        hint = suggest(root, place.roots, spot)
        spot.refuse(f'unknown name "{shorten(root)}"{hint}', offset=offset)
    else:
        spot.refuse(known, offset=offset)


def _offset(source: str, name: str) -> int | None:
    """Where a name is met first in a template; parsed names carry no place of their own."""
    start = max(source.find("{{"), 0)
    found = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])").search(source, start)
    return found.start() if found else None


def _why_not_run(read: Surroundings, reader: Surroundings) -> str:
    for depth, (container, kind, key) in enumerate(read.containers):
        if reader.containers[: depth + 1] == read.containers[: depth + 1]:
            continue
        if kind == "flow.foreach":
            return f'it runs inside the loop "{container}", read outputs["{container}"].results'
        if kind in ("flow.if", "flow.switch"):
            return f'it is in the branch "{key}" of "{container}"'
    if read.section not in (reader.section, "tasks"):
        return f'it is in "{read.section}"'
    return ""


def _templated(spot: Spot) -> Iterator[Spot]:
    """Each text below that may hold a template; parts that hold none are not entered."""
    if not spot.node.is_templated:
        return
    if spot.node.scalar:
        yield spot
    for _, child in spot.entries():
        yield from _templated(child)
    for child in spot.items():
        yield from _templated(child)


def _leaves(spot: Spot) -> Iterator[Spot]:
    if isinstance(spot.value, str):
        yield spot
    for _, child in spot.entries():
        yield from _leaves(child)
    for child in spot.items():
        yield from _leaves(child)
