"""Every refusal of the flow language: its sentence, its path, its line and its column.

The cases stand in `refusals/*.txt`: a text after `=== what is wrong with it`, then what is found in
it, `!!` for an error, `??` for a warning, `..` for what cannot run yet.
"""

from pathlib import Path

import pytest

from shared.flows.validation import Checked, check_flow

MARKS = {"!!": "errors", "??": "warnings", "..": "unsupported"}
FOLDER = Path(__file__).parent / "refusals"


def _cases(*names: str) -> list[object]:
    blocks = [
        block for name in names for block in (FOLDER / f"{name}.txt").read_text().split("=== ")[1:]
    ]
    return [_case(*block.partition("\n")[::2]) for block in blocks]


def _case(title: str, rest: str) -> object:
    lines = rest.rstrip("\n").split("\n")
    text = [line for line in lines if not _is_finding(line)]
    found = [line for line in lines if _is_finding(line)]
    return pytest.param("\n".join(text), found, id=title)


def _is_finding(line: str) -> bool:
    return line[:2] in MARKS and line[2:3] == " "


def _found(checked: Checked, *marks: str) -> list[str]:
    return [
        f"{mark} {each.line}:{each.column} {each.path or '-'} | {each.message}"
        for mark in marks
        for each in getattr(checked, MARKS[mark])
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    _cases("text", "flow", "inputs", "tasks", "order", "templates", "triggers"),
)
def test_what_is_wrong_is_named_with_its_place(text: str, expected: list[str]) -> None:
    checked = check_flow(text)

    assert _found(checked, "!!") == expected
    assert checked.definition is None


@pytest.mark.parametrize(("text", "expected"), _cases("warnings"))
def test_what_is_doubtful_is_a_warning_and_no_error(text: str, expected: list[str]) -> None:
    checked = check_flow(text, known_credential={"KNOWN"}.__contains__)

    assert _found(checked, "!!", "??") == expected
    assert checked.definition is not None


@pytest.mark.parametrize(("text", "expected"), _cases("unsupported"))
def test_what_cannot_run_yet_is_named_with_its_place(text: str, expected: list[str]) -> None:
    checked = check_flow(text)

    assert _found(checked, "!!", "..") == expected
    assert checked.definition is not None
