"""The order of tasks and variables: each one named exists, and there is no cycle."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from shared.expressions import TemplateSyntaxError, parse_template
from shared.flows.language.dependencies import Edge, find_cycle, list_edges, walk
from shared.flows.source.report import Spot
from shared.flows.validation.fields import shorten, suggest
from shared.flows.validation.tasks import Tasks, WrittenTask
from shared.flows.validation.templates import offset_of, templated


def check_dependencies(task: WrittenTask, tasks: Mapping[str, WrittenTask]) -> None:
    """Refuse names in `dependsOn` that are no task of the same list."""
    siblings = dict.fromkeys(sibling.definition.name for sibling in task.siblings)
    for spot in _names(task.spot.entry("dependsOn")):
        name = spot.value
        if not isinstance(name, str) or name in siblings:
            continue
        if name in tasks:
            spot.refuse(f'"{name}" is in another list: dependsOn names tasks of the same list')
        else:
            spot.refuse(f'unknown task "{shorten(name)}"{suggest(name, siblings, spot)}')


def _names(spot: Spot | None) -> Iterator[Spot]:
    if spot is not None:
        yield from spot.items() if spot.node.items is not None else [spot]


def check_cycles(
    tasks: Tasks, by_name: Mapping[str, WrittenTask], read_at: Mapping[tuple[str, str], Spot]
) -> None:
    """Report each independent cycle of each list, at the `dependsOn` that closes it."""
    reads: dict[str, set[str]] = {}
    for reader, name in read_at:
        reads.setdefault(reader, set()).add(name)
    for siblings, kind in tasks.lists:
        first = [task for task in siblings if by_name[task.definition.name] is task]
        edges = list_edges(
            [task.definition for task in first],
            lambda task: frozenset(reads.get(task.name, ())),
            starts_together=kind == "flow.parallel",
        )
        for cycle in _cycles(edges):
            shown = " -> ".join(from_first(cycle, [task.definition.name for task in first]))
            _refuse_cycle(cycle, f"cycle: {shown}", by_name, read_at)


def from_first(cycle: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """Return the same cycle, beginning with its task that is first in the text."""
    start = cycle.index(min(cycle, key=names.index))
    return (*cycle[start:-1], *cycle[:start], cycle[start])


def _cycles(edges: Sequence[Edge]) -> Iterator[tuple[str, ...]]:
    """Yield cycles without a task in common."""
    left = list(edges)
    while cycle := find_cycle(left):
        yield cycle
        left = [each for each in left if each.source not in cycle and each.target not in cycle]


def _refuse_cycle(
    cycle: Sequence[str],
    message: str,
    by_name: Mapping[str, WrittenTask],
    read_at: Mapping[tuple[str, str], Spot],
) -> None:
    """Refuse a cycle at its first `dependsOn`; without one, at the first template that makes it."""
    pairs = [(by_name[target], source) for source, target in pairwise(cycle)]
    pairs.sort(key=lambda pair: (pair[0].spot.node.line, pair[0].spot.node.column))
    for task, source in pairs:
        depends_on = task.spot.entry("dependsOn")
        if depends_on is not None and source in (task.definition.depends_on or ()):
            depends_on.refuse_key(message)
            return
    for task, source in pairs:
        sources = [inner.name for inner in walk([by_name[source].definition])]
        for inner in walk([task.definition]):
            for name in sources:
                if spot := read_at.get((inner.name, name)):
                    spot.refuse(message, offset=offset_of(spot, name))
                    return


def check_variables(spot: Spot | None) -> None:
    """Report the first circle of variables that read one another."""
    if spot is None:
        return
    spots = dict(spot.entries())
    edges = [
        Edge(read, name, written=True)
        for name, child in spots.items()
        for read in dict.fromkeys(_reads(child))
        if read in spots
    ]
    if cycle := find_cycle(edges):
        shown = from_first(cycle, list(spots))
        spots[shown[0]].refuse(f"cycle of variables: {' -> '.join(shown)}")


def _reads(spot: Spot) -> Iterator[str]:
    for leaf in templated(spot):
        try:
            members = parse_template(leaf.value).references.members
        except TemplateSyntaxError:
            continue
        yield from sorted(name for root, name in members if root == "vars")
