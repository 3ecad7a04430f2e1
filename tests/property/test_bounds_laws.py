"""Whatever an author writes costs at most 3 s of our processor and 300 MB, by the real clock.

The one place where seconds are asserted: counted steps cannot see work between two looks at the
clock, in C or in a loop that forgot to look, and that is what these bounds are for. They are of
the processor time of a child process, so a busy machine does not matter, and a case that breaks
one is tried again in a child of its own.
"""

from collections.abc import Iterator

import pytest

from tests.support.bounds.cases import Case, cases_of, parameters
from tests.support.bounds.law import failures

_GROUPS = 32
"""Tests that share the work, so that processors can."""
_WORST = {"value": ("deep", "quotes"), "plugin": ("path", "list"), "any": ("list", "path")}
"""The two shapes that break most bounds: of what stands before the bar, of a plugin's property,
of any other parameter."""
_FRAMES = ("alone", "after texts", "after lines", "each of texts", "beside texts", "field of maps")
"""The surroundings in which they do."""
_BESIDE = ("bare few", "bare texts", "keyed few")


def _group(number: int) -> Iterator[Case]:
    for each in parameters()[number::_GROUPS]:
        yield from cases_of(*each)


def _is_worst(case: Case) -> bool:
    if case.table == "plugin":
        return case.shape in _WORST["plugin"] and case.frame.startswith(_BESIDE)
    kind = "value" if case.parameter == "value" else "any"
    return case.shape in _WORST[kind] and case.frame.startswith(_FRAMES)


@pytest.mark.proof
@pytest.mark.parametrize("number", range(_GROUPS))
def test_the_worst_arguments_of_each_parameter_keep_the_bounds(number: int) -> None:
    assert failures([case for case in _group(number) if _is_worst(case)]) == []


@pytest.mark.soak
@pytest.mark.parametrize("number", range(_GROUPS))
def test_every_argument_of_each_parameter_keeps_the_bounds(number: int) -> None:
    assert failures(list(_group(number))) == []


@pytest.mark.proof
def test_the_law_knows_every_parameter_and_has_two_shapes_for_it() -> None:
    chosen = {case[:3] for number in range(_GROUPS) for case in _group(number) if _is_worst(case)}

    assert {each for each in parameters() if each not in chosen} == set()
