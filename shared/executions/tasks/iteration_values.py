"""Values that tasks left behind, each within reach of its own iteration only."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")
Loops = Mapping[str, tuple[str, ...]]
"""The loops round each task, outermost first."""


class IterationValues(Generic[Value]):
    """A value of each task in each iteration; two loops have iterations of one name."""

    def __init__(self, loops: Loops) -> None:
        self._loops = loops
        self._values: dict[tuple[str, str], dict[str, Value]] = {}

    def put(self, task_name: str, iteration: str, value: Value) -> None:
        self._of(self._loops[task_name], iteration)[task_name] = value

    def put_if_absent(self, task_name: str, iteration: str, value: Value) -> None:
        self._of(self._loops[task_name], iteration).setdefault(task_name, value)

    def drop(self, task_name: str, iteration: str) -> None:
        if depth_of(iteration) <= len(self._loops[task_name]):
            self._of(self._loops[task_name], iteration).pop(task_name, None)

    def visible(self, loops: tuple[str, ...], iteration: str) -> dict[str, Value]:
        """Return a copy of the values outside all loops, and of those of the iterations round."""
        found = dict(self._values.get(("", ""), {}))
        indices = iteration.split(".") if iteration else []
        for depth, loop in enumerate(loops[: len(indices)], start=1):
            found |= self._values.get((loop, ".".join(indices[:depth])), {})
        return found

    def _of(self, loops: tuple[str, ...], iteration: str) -> dict[str, Value]:
        depth = depth_of(iteration)
        return self._values.setdefault((loops[depth - 1] if depth else "", iteration), {})


class ShownValues(Mapping[str, Any], Generic[Value]):
    """The values that are visible somewhere, by task name, each shown when a template reads it.

    A task that is not over is not there: reading it is an error.
    """

    def __init__(self, visible: Mapping[str, Value], show: Callable[[Value], Any]) -> None:
        self._visible = visible
        self._show = show

    def __getitem__(self, name: str) -> Any:
        return self._show(self._visible[name])

    def __contains__(self, name: object) -> bool:
        return name in self._visible

    def __iter__(self) -> Iterator[str]:
        return iter(self._visible)

    def __len__(self) -> int:
        return len(self._visible)


def depth_of(iteration: str) -> int:
    """Return the number of loops that an iteration is in."""
    return iteration.count(".") + 1 if iteration else 0
