"""What a check has found so far, and the places it finds things at."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from shared.errors import Problem
from shared.flows.definition import Json
from shared.flows.nodes import Node
from shared.flows.paths import child_path, item_path
from shared.flows.source import Source

MOST_PROBLEMS: Final = 200

Severity = Literal["error", "warning", "unsupported"]


class Report:
    """Collects problems once each, at most 200 of a severity: an answer stays readable."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._found: dict[Severity, dict[Problem, None]] = {
            "error": dict.fromkeys(source.problems),
            "warning": {},
            "unsupported": {},
        }

    def add(self, severity: Severity, problem: Problem) -> None:
        found = self._found[severity]
        if len(found) < MOST_PROBLEMS:
            found[problem] = None
        elif severity == "error" and problem not in found:
            more = f"more than {MOST_PROBLEMS} problems, not all are listed"
            found[Problem(path="", message=more, line=problem.line, column=problem.column)] = None

    def is_full(self) -> bool:
        return len(self._found["error"]) >= MOST_PROBLEMS

    def problems(self, severity: Severity) -> tuple[Problem, ...]:
        """All of one severity, in the order of the text."""
        found = self._found[severity]
        return tuple(sorted(found, key=lambda each: (each.line or 0, each.column or 0)))


@dataclass(frozen=True, slots=True)
class Spot:
    """A value under check: its node, what its place is called, and where its key stands."""

    node: Node
    path: str
    report: Report
    key_line: int
    key_column: int
    has_text_key: bool = True

    @property
    def value(self) -> Json:
        return self.node.value

    def entries(self) -> Iterator[tuple[str, "Spot"]]:
        """The values of a map by their keys; nothing for what is no map."""
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
        """The items of a list; nothing for what is no list."""
        for index, node in enumerate(self.node.items or ()):
            yield Spot(node, item_path(self.path, index), self.report, node.line, node.column)

    def at(self, path: str) -> "Spot":
        """The same place under another name."""
        return replace(self, path=path)

    def refuse(self, message: str, *, offset: int | None = None) -> None:
        """An error at the value, or at a character inside its text."""
        self._add("error", message, self.report.source.position(self.node, offset))

    def refuse_key(self, message: str) -> None:
        """An error at the key: about the entry as a whole, or its absence or presence."""
        self._add("error", message, (self.key_line, self.key_column))

    def warn(self, message: str, *, offset: int | None = None) -> None:
        self._add("warning", message, self.report.source.position(self.node, offset))

    def not_supported(self, what: str) -> None:
        self._add("unsupported", f"{what} not supported yet", (self.key_line, self.key_column))

    def _add(self, severity: Severity, message: str, position: tuple[int, int]) -> None:
        line, column = position
        problem = Problem(path=self.path, message=message, line=line, column=column)
        self.report.add(severity, problem)


def root_spot(root: Node, report: Report) -> Spot:
    return Spot(root, "", report, root.line, root.column)
