"""What docs/flow-language.md says of times, row by row, and all that the code knows is in it."""

import re
from pathlib import Path

import pytest

from shared.expressions.layouts import go, letters, strftime
from shared.expressions.moments import UNITS
from tests.support.filters import render

_GUIDE = (Path(__file__).parents[3] / "docs" / "flow-language.md").read_text("utf-8")
_QUOTED = re.compile(r"`([^`]+)`")
_TIME = '"2024-03-05T09:04:05.678Z"'


def _table(header: str) -> list[list[str]]:
    """Return the rows of the table whose header begins so."""
    [lines] = re.findall(rf"^\| {header}.*\n\|[-|]+\n((?:\|.*\n)+)", _GUIDE, re.MULTILINE)
    cells = (re.split(r"(?<!\\) ?\| ?", line)[1:-1] for line in lines.splitlines())
    return [[cell.replace("\\|", "|") for cell in row] for row in cells]


_LAYOUTS = [
    (layout, _QUOTED.findall(row[4])[0])
    for row in _table(r"Part \| strftime")
    for layout in _QUOTED.findall(" ".join(row[1:4]))
]
_CASES = [tuple(_QUOTED.findall(cell)[0] for cell in row) for row in _table("Expression")]
_UNITS = [(row[0], name) for row in _table("Unit") for name in _QUOTED.findall(row[1])]


@pytest.mark.parametrize(("layout", "example"), _LAYOUTS)
def test_a_part_is_written_as_documented(layout: str, example: str) -> None:
    text = render(f'{_TIME} | date("{layout}", "Europe/Berlin")')

    assert text.removeprefix(".") == example


@pytest.mark.parametrize(("expression", "result"), _CASES)
def test_an_expression_gives_what_is_documented(expression: str, result: str) -> None:
    assert render(expression) == result


@pytest.mark.parametrize(("unit", "name"), _UNITS)
def test_a_unit_has_the_names_that_are_documented(unit: str, name: str) -> None:
    assert render(f'0 | dateadd(3, "{name}")') == render(f'0 | dateadd(3, "{unit}")')


def test_every_unit_is_documented() -> None:
    assert {name for _, name in _UNITS} == {
        name for unit, names in UNITS.items() for name in (unit, *names)
    }


def test_every_part_of_strftime_is_documented() -> None:
    documented = {layout[1:] for layout, _ in _LAYOUTS if layout.startswith("%")}

    assert documented | {"%", "n", "t"} == set(strftime.CODES)


def test_every_element_of_go_and_every_letter_is_documented() -> None:
    documented = {layout for layout, _ in _LAYOUTS}
    fractions = {"S" * digits for digits in range(1, 10)}

    assert go.CODES.keys() <= documented
    assert letters.CODES.keys() - fractions - {"T"} <= documented
