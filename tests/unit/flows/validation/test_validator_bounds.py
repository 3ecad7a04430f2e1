"""A check ends soon, whatever the text: what is counted, and what is timed."""

import pytest

from shared.flows.source.reader import read_source
from shared.flows.source.report import MAX_SECONDS, Report, root_spot
from shared.flows.validation.validator import check_flow

TASKS = "tasks: [{name: a, type: util.log, properties: {message: m}}]\n"


def messages(text: str) -> list[str]:
    return [f"{each.path}: {each.message}" for each in check_flow(text).errors]


def inputs(count: int, kind: str = "STRING") -> str:
    return "inputs:\n" + "".join(f"- {{name: i{n}, type: {kind}}}\n" for n in range(count))


def variables(count: int) -> str:
    return "variables:\n" + "".join(f"  v{n}: {n}\n" for n in range(count))


def pattern(written: str) -> str:
    return f"inputs: [{{name: i, type: STRING, pattern: '{written}'}}]\n"


@pytest.mark.parametrize(
    ("most", "too_many", "refused"),
    [
        (inputs(100), inputs(101), "inputs: 101 inputs, at most 100 are allowed"),
        (
            inputs(50, "SECRET"),
            inputs(51, "SECRET"),
            "inputs: 51 SECRET inputs, at most 50 are allowed",
        ),
        (variables(100), variables(101), "variables: 101 variables, at most 100 are allowed"),
        (
            pattern("a" * 1000),
            pattern("a" * 1001),
            "inputs[0].pattern: the pattern has 1001 characters, at most 1000 are allowed",
        ),
    ],
    ids=["inputs", "secrets", "variables", "pattern"],
)
def test_what_a_flow_holds_is_bounded(most: str, too_many: str, refused: str):
    assert messages(f"name: a\n{TASKS}{most}") == []
    assert messages(f"name: a\n{TASKS}{too_many}") == [refused]


def test_a_pattern_takes_little_memory():
    assert messages(f"name: a\n{TASKS}{pattern('(x{1,1000}){1,1}N')}") == []
    large = pattern(r"(\pL\PL){200}")
    [message] = messages(f"name: a\n{TASKS}{large}")
    assert message.startswith("inputs[0].pattern: bad pattern: ")


def test_too_many_variables_are_not_read_one_by_one():
    unknown = "".join(f"  v{n}: '{{{{ nobody{n} }}}}'\n" for n in range(101))
    checked = check_flow(f"name: a\n{TASKS}variables:\n{unknown}")
    assert len(checked.errors) == 1
    assert checked.warnings == ()


@pytest.mark.parametrize(
    ("before", "line"), [("", 1), ("\ufeff", 1), ("# comment\n\n  # another\n", 4)]
)
@pytest.mark.parametrize(
    "directive", ["%TAG ! tag:example.org,2026:", "%NOPE", "%YAML 1.2\n%TAG ! t"]
)
def test_directives_are_refused(before: str, line: int, directive: str):
    checked = check_flow(f"{before}{directive}\n---\nname: a\n{TASKS}")

    [problem] = checked.errors
    assert (problem.line, problem.column) == (line + directive.count("\n"), 1)
    assert problem.message == (
        "the one directive that a flow may have is %YAML: leave out this line"
    )


def test_a_percent_sign_elsewhere_is_no_directive():
    assert messages(f"name: a\ndescription: |\n  %TAG\n  100 %\n{TASKS}") == []


def test_a_check_that_takes_too_long_says_so_and_finds_nothing_more():
    now = [0.0]
    report = Report(read_source("a: 1\nb: 2\n"), clock=lambda: now[0])
    assert report.source.root is not None
    spot = root_spot(report.source.root, report)

    spot.refuse("first")
    now[0] = MAX_SECONDS
    spot.refuse("second")
    spot.warn("third")

    assert report.is_full()
    assert {each.message for each in report.problems("error")} == {
        "first",
        "the text takes too long to check: make it smaller, or parts of it subflows",
    }
    assert report.problems("warning") == ()


def test_a_flow_has_five_thousand_different_templates_at_most():
    def outputs(count: int) -> str:
        texts = "".join(f"  - '{{{{ inputs.a{n} }}}}'\n" for n in range(count))
        return "outputs:\n  again: '{{ inputs.a1 }}'\n  o:\n" + texts

    assert messages(f"name: a\n{TASKS}{outputs(5000)}") == []
    assert messages(f"name: a\n{TASKS}{outputs(5010)}") == [
        "outputs.o[5000]: more than 5000 different templates"
    ]


def test_fields_for_anchors_count_to_the_bound_of_aliases() -> None:
    text = "name: f\nx-a: &a [" + "x" * 1000 + "]\nx-b: [" + "*a, " * 1100 + "]\n" + "tasks: []\n"

    [error] = check_flow(text).errors

    assert error.message == "the aliases expand past 1048576 bytes"
    assert (error.path.partition("[")[0], error.line) == ("x-b", 3)
