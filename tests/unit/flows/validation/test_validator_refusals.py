"""Every refusal of the flow language: its sentence, its path, its line and its column.

The cases stand in `refusals/*.txt`, read by `tests.support.refusals`.
"""

import pytest

from shared.flows.validation.validator import Checked, check_flow
from tests.support.refusals import MARKS, WRONG, refusals


def _cases(*names: str) -> list[object]:
    return [pytest.param(each.text, each.found, id=each.title) for each in refusals(*names)]


def _found(checked: Checked, *marks: str) -> list[str]:
    return [
        f"{mark} {each.line}:{each.column} {each.path or '-'} | {each.message}"
        for mark in marks
        for each in getattr(checked, MARKS[mark])
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    _cases(*WRONG),
)
def test_what_is_wrong_is_named_with_its_place(text: str, expected: list[str]) -> None:
    checked = check_flow(text)

    assert _found(checked, "!!") == expected
    assert checked.definition is None


@pytest.mark.parametrize(("text", "expected"), _cases("warnings"))
def test_what_is_doubtful_is_a_warning_and_no_error(text: str, expected: list[str]) -> None:
    checked = check_flow(text, known_credential=lambda _namespace, name: name == "KNOWN")

    assert _found(checked, "!!", "??") == expected
    assert checked.definition is not None


@pytest.mark.parametrize(("text", "expected"), _cases("unsupported"))
def test_what_cannot_run_yet_is_named_with_its_place(text: str, expected: list[str]) -> None:
    checked = check_flow(text)

    assert _found(checked, "!!", "..") == expected
    assert checked.definition is not None
