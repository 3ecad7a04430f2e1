"""Tasks to edges: what must be terminal before a task may start, list by list, and cycles."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from shared.flows.language.definition import TaskDefinition

Reads = Callable[[TaskDefinition], frozenset[str]]


@dataclass(frozen=True, order=True)
class Edge:
    """`target` starts after `source` is terminal.

    `written` edges come from `dependsOn`, or from a template in a list that has a `dependsOn`: a
    skip flows along them. The others come from the order of a sequential list: a skip does not.
    """

    source: str
    target: str
    written: bool


def nested_lists(task: TaskDefinition) -> Iterator[tuple[str, tuple[TaskDefinition, ...]]]:
    """Yield each list of tasks in a container, with its key (`then`, `cases.eu`)."""
    for key, tasks in (
        ("tasks", task.tasks),
        ("then", task.then),
        ("else", task.else_),
        ("default", task.default),
    ):
        if tasks is not None:
            yield key, tasks
    for case, tasks in (task.cases or {}).items():
        yield f"cases.{case}", tasks


def walk(tasks: Iterable[TaskDefinition]) -> Iterator[TaskDefinition]:
    """Yield every task, containers before what they hold, in the order of the text."""
    for task in tasks:
        yield task
        for _, nested in nested_lists(task):
            yield from walk(nested)


def list_edges(
    tasks: Sequence[TaskDefinition], reads: Reads, *, starts_together: bool = False
) -> tuple[Edge, ...]:
    """Return the edges among the tasks of one list.

    A name that is read or depended on and is not in this list, nor nested in a task of it, makes
    no edge here. `starts_together` is the list of a `flow.parallel`: no implied order.
    """
    is_graph = starts_together or any(task.depends_on is not None for task in tasks)
    owners = {inner.name: task.name for task in tasks for inner in walk([task])}
    edges: dict[tuple[str, str], bool] = {}
    if not is_graph:
        edges.update({(before.name, after.name): False for before, after in pairwise(tasks)})
    for task in tasks:
        for source in _read_owners(task, reads, owners):
            edges.setdefault((source, task.name), is_graph)
        for name in task.depends_on or ():
            if name in owners:
                edges[name, task.name] = True
    return tuple(Edge(source, target, written) for (source, target), written in edges.items())


def _read_owners(task: TaskDefinition, reads: Reads, owners: dict[str, str]) -> Iterator[str]:
    for inner in walk([task]):
        for name in sorted(reads(inner)):
            owner = owners.get(name)
            # A container reads its own inner tasks in its conditions; a task never reads itself.
            if owner is not None and (owner != task.name or name == task.name == inner.name):
                yield owner


def find_cycle(edges: Iterable[Edge]) -> tuple[str, ...] | None:
    """Return the first cycle, closed (`("a", "b", "a")`: b starts after a, a after b), or None."""
    after: dict[str, list[str]] = {}
    for edge in edges:
        after.setdefault(edge.source, []).append(edge.target)
    done: set[str] = set()
    for start in after:
        cycle = _cycle_from(start, after, done)
        if cycle:
            return cycle
    return None


def _cycle_from(start: str, after: dict[str, list[str]], done: set[str]) -> tuple[str, ...] | None:
    """Return the first cycle, without recursion: 500 tasks in a row are too deep for it."""
    path: list[str] = []
    stack: list[tuple[str, bool]] = [(start, False)]
    while stack:
        name, leaving = stack.pop()
        if leaving:
            done.add(path.pop())
        elif name in path:
            return (*path[path.index(name) :], name)
        elif name not in done:
            path.append(name)
            stack.append((name, True))
            stack.extend((target, False) for target in reversed(after.get(name, [])))
    return None
