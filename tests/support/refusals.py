"""Texts that are no good flows, and what is found in them.

The cases stand in `tests/unit/flows/validation/refusals/*.txt`: a text after `=== what is wrong
with it`, then what is found in it, `!!` for an error, `??` for a warning, `..` for what cannot run
yet.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

MARKS = {"!!": "errors", "??": "warnings", "..": "unsupported"}
WRONG = ("text", "flow", "inputs", "tasks", "order", "templates", "triggers")
FOLDER = Path(__file__).parents[1] / "unit" / "flows" / "validation" / "refusals"


@dataclass(frozen=True)
class Refusal:
    """A text, and what is found in it: mark, line, column, path, message."""

    title: str
    text: str
    found: list[str]


def refusals(*names: str) -> list[Refusal]:
    blocks = [
        block for name in names for block in (FOLDER / f"{name}.txt").read_text().split("=== ")[1:]
    ]
    return [_refusal(*block.partition("\n")[::2]) for block in blocks]


def _refusal(title: str, rest: str) -> Refusal:
    lines = rest.rstrip("\n").split("\n")
    text = [line for line in lines if not _is_finding(line)]
    return Refusal(title, "\n".join(text), [line for line in lines if _is_finding(line)])


def _is_finding(line: str) -> bool:
    return line[:2] in MARKS and line[2:3] == " "


def answered(mark: str, problems: list[Any]) -> list[str]:
    """Problems of an answer as the cases write them."""
    return [
        f"{mark} {each['line']}:{each['column']} {each['path'] or '-'} | {each['message']}"
        for each in problems
    ]
