"""The problems that a check has found so far, and the places it finds them at."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from shared.errors import Problem
from shared.flows.source.nodes import SourceNode
from shared.flows.source.paths import child_path, item_path
from shared.flows.source.reader import Source
from shared.json_text import Json

MAX_PROBLEMS: Final = 200

MAX_SECONDS: Final = 5.0
"""Of processor time that one check may take; what makes sense takes a fraction of it."""

_MAX_MESSAGE: Final = 500

Severity = Literal["error", "warning", "unsupported"]


class Report:
    """The problems found, once each, at most 200 of a severity: an answer stays readable.

    A check that takes too long finds nothing more either; `clock` tells the thread's own seconds.
    """

    source: Source

    def __init__(self, source: Source, clock: Callable[[], float] = time.thread_time) -> None:
        self.source = source
        self._clock = clock
        self._ends_at = clock() + MAX_SECONDS
        self._found: dict[Severity, dict[Problem, None]] = {
            "error": dict.fromkeys(source.problems),
            "warning": dict.fromkeys(source.warnings),
            "unsupported": {},
        }

    def add(self, severity: Severity, problem: Problem) -> None:
        self._found[severity][problem] = None

    def is_full(self, severity: Severity = "error") -> bool:
        return len(self._found[severity]) >= MAX_PROBLEMS or self._is_late()

    def _is_late(self) -> bool:
        if self._clock() < self._ends_at:
            return False
        late = "the text takes too long to check: make it smaller, or parts of it subflows"
        self.add("error", Problem(path="", message=late, line=1, column=1))
        return True

    def problems(self, severity: Severity) -> tuple[Problem, ...]:
        """Return all of one severity, in the order of the text; a last one says if more exist."""
        found = self._found[severity]
        listed = sorted(found, key=lambda each: (each.line or 0, each.column or 0))
        if len(found) >= MAX_PROBLEMS:
            message = f"{MAX_PROBLEMS} problems or more, the rest is not listed"
            listed.append(listed[-1].model_copy(update={"path": "", "message": message}))
        return tuple(listed)


@dataclass(frozen=True, slots=True)
class Spot:
    """A value under check: its node, what its place is called, and where its key stands."""

    node: SourceNode
    path: str
    report: Report
    key_line: int
    key_column: int
    has_text_key: bool = True

    @property
    def value(self) -> Json:
        return self.node.value

    def entries(self) -> Iterator[tuple[str, "Spot"]]:
        """Yield the values of a map by their keys; nothing for what is no map."""
        for key, entry in (self.node.entries or {}).items():
            path = child_path(self.path, key)
            yield key, Spot(entry.node, path, self.report, entry.line, entry.column, entry.is_text)

    def entry(self, key: str) -> "Spot | None":
        entry = (self.node.entries or {}).get(key)
        if entry is None:
            return None
        path = child_path(self.path, key)
        return Spot(entry.node, path, self.report, entry.line, entry.column, entry.is_text)

    def items(self) -> Iterator["Spot"]:
        """Return the items of a list; nothing for what is no list."""
        return (self.item(index) for index in range(len(self.node.items or ())))

    def item(self, index: int) -> "Spot":
        node = (self.node.items or ())[index]
        return Spot(node, item_path(self.path, index), self.report, node.line, node.column)

    def at(self, path: str) -> "Spot":
        """Return the same place under another name."""
        return replace(self, path=path)

    def refuse(self, message: str, *, offset: int | None = None) -> None:
        """Report an error at the value, or at a character inside its text."""
        self._add("error", message, offset)

    def refuse_key(self, message: str) -> None:
        """Report an error at the key: about the entry as a whole, or its absence or presence."""
        self._add_at("error", message, self.key_line, self.key_column)

    def warn(self, message: str, *, offset: int | None = None) -> None:
        self._add("warning", message, offset)

    def not_supported(self, what: str) -> None:
        """Report what is valid, but cannot be run by the engine; `what` ends in its verb."""
        message = f"{what} not supported yet"
        self._add_at("unsupported", message, self.key_line, self.key_column)

    def _add(self, severity: Severity, message: str, offset: int | None) -> None:
        if not self.report.is_full(severity):
            self._add_at(severity, message, *self.report.source.position(self.node, offset))

    def _add_at(self, severity: Severity, message: str, line: int, column: int) -> None:
        if not self.report.is_full(severity):
            shown = message if len(message) <= _MAX_MESSAGE else f"{message[:_MAX_MESSAGE]}…"
            problem = Problem(path=self.path, message=shown, line=line, column=column)
            self.report.add(severity, problem)


def root_spot(root: SourceNode, report: Report) -> Spot:
    return Spot(root, "", report, root.line, root.column)
