"""Refusals of values of clients: short, whatever was sent."""

import pytest

from shared.errors import InvalidRequestError, Problem
from shared.records import StrictRecord
from shared.validation import MAX_NAME_LENGTH, MAX_PROBLEMS, parse_body, unknown


class Thing(StrictRecord):
    name: str = ""
    labels: dict[str, str] = {}


def problems(value: object) -> tuple[Problem, ...]:
    with pytest.raises(InvalidRequestError) as refused:
        parse_body(Thing, value)
    return tuple(refused.value.problems)


@pytest.mark.parametrize(
    "sent",
    [{f"x{i}": 0 for i in range(1_000)}, {"labels": {f"x{i}": 0 for i in range(1_000)}}],
    ids=["unknown fields", "wrong values"],
)
def test_of_very_many_problems_the_first_are_told_and_that_there_are_more(sent: object):
    told = problems(sent)

    assert len(told) == MAX_PROBLEMS + 1
    assert told[0].path.endswith("x0")
    assert told[-1].path == ""
    assert "more than 100 problems" in told[-1].message


def test_of_thousands_of_problems_it_is_told_how_many_they_are():
    [problem] = problems({"labels": {f"x{i}": 0 for i in range(50_000)}})

    assert problem.message == "there are 50000 problems, too many to list"


def test_as_many_problems_as_are_told_have_no_rest():
    told = problems({f"x{i}": 0 for i in range(MAX_PROBLEMS)})

    assert [each.path for each in told] == [f"x{i}" for i in range(MAX_PROBLEMS)]


@pytest.mark.parametrize("sent", [{"y" * 500_000: 0}, {"labels": {"y" * 500_000: 0}}])
def test_a_long_name_is_told_in_part(sent: object):
    [problem] = problems(sent)

    assert "y" * MAX_NAME_LENGTH + "…" in problem.path
    assert len(problem.path) + len(problem.message) < 400


def test_an_unknown_name_is_told_with_the_one_that_was_perhaps_meant():
    assert unknown("field", "nmae", ["name"]) == 'unknown field "nmae", did you mean "name"?'
