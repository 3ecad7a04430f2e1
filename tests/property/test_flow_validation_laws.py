"""Laws of the validator: it answers for any text, in time, and what it accepts can be planned."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.flows.language.definition import FlowDefinition
from shared.flows.plans.compiler import compile_plan
from shared.flows.plans.plan import pack_plan
from shared.flows.source.reader import MAX_TEXT, read_source
from shared.flows.validation.validator import Checked, check_flow
from tests.support.steps import counted_steps

FLOW = """\
name: valid
labels: {team: &team red}
inputs:
  - {name: who, type: STRING, default: Ana, pattern: '[A-Z].*'}
  - {name: level, type: ENUM, values: [INFO, WARN]}
variables: {greeting: 'Hi {{ inputs.who }}'}
defaults: {util.*: {level: WARN}}
tasks:
  - name: start
    type: core.set
    properties: {values: {a: 1, b: [x, *team]}}
  - name: branch
    type: flow.if
    properties: {condition: outputs.start.a > 0}
    then:
      - {name: yes, type: util.log, properties: {message: '{{ vars.greeting }} ${KEY}'}}
    else:
      - {name: no, type: flow.foreach, properties: {items: [1]}, tasks: [
          {name: each, type: util.log, properties: {message: '{{ item }}'}}]}
  - name: last
    type: util.log
    timeout: 1h30m
    retry: {maxAttempts: 3, type: exponential, delay: 1s}
    properties:
      message: |
        two lines
        {{ outputs["start"]["b"] }}
outputs: {text: '{{ outputs.last.message }}'}
"""
KEYS = """
name namespace tasks errors finally inputs variables outputs timeout retry triggers defaults type
properties dependsOn when then else cases default message values items condition a b <<
""".split()  # noqa: SIM905 - easier to read than forty quotes
WORDS = """
util.log core.set flow.if flow.foreach flow.switch a b {{ outputs.a }} {{ ${A} 1h STRING cron INT
""".split()  # noqa: SIM905

keys = st.sampled_from(KEYS) | st.text(st.characters(min_codepoint=32, max_codepoint=126))
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
) | st.sampled_from(WORDS)


def _trees(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5),
        max_leaves=25,
    )


trees = _trees(scalars)
finite_trees = _trees(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(
        st.characters(
            codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"
        )
    )
)


def _is_sound(checked: Checked) -> bool:
    """Problems have places, errors and a definition exclude each other."""
    problems = (*checked.errors, *checked.warnings, *checked.unsupported)
    assert all((each.line or 0) > 0 and (each.column or 0) > 0 for each in problems)
    assert all(each.message for each in problems)
    places = [(each.line or 0, each.column or 0) for each in checked.errors]
    assert places == sorted(places)
    assert (checked.definition is None) == bool(checked.errors)
    return True


def _is_settled(checked: Checked) -> bool:
    """What is accepted survives storage, and can be planned."""
    definition = checked.definition
    if definition is not None:
        stored = definition.model_dump_json(by_alias=True)
        assert FlowDefinition.model_validate_json(stored) == definition
        assert pack_plan(compile_plan(definition))
    return True


@given(st.text() | st.binary())
def test_any_text_is_answered(text: str | bytes) -> None:
    assert _is_sound(check_flow(text))


@given(st.text("{}[]&*!|>'\"%@`#-?:,ab \n\t<", max_size=60))
def test_any_punctuation_is_answered(text: str) -> None:
    assert _is_sound(check_flow(text))


@settings(max_examples=100)
@given(st.data())
def test_a_flow_with_a_part_exchanged_is_answered(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(FLOW)))
    end = data.draw(st.integers(start, min(len(FLOW), start + 20)))
    middle = data.draw(st.text(max_size=4) | st.sampled_from([*KEYS, *WORDS, "[", "{", "\n", ": "]))

    checked = check_flow(FLOW[:start] + middle + FLOW[end:])

    assert _is_sound(checked)
    assert _is_settled(checked)


@settings(max_examples=100)
@given(st.data())
def test_a_flow_with_a_value_exchanged_is_answered(data: st.DataObject) -> None:
    tree: Any = yaml.safe_load(FLOW)
    place = tree
    while True:
        steps = list(place) if isinstance(place, dict) else range(len(place))
        step = data.draw(st.sampled_from(list(steps)))
        following = place[step]
        if not following or not isinstance(following, dict | list) or data.draw(st.booleans()):
            place[step] = data.draw(trees)
            break
        place = following

    checked = check_flow(json.dumps(tree, ensure_ascii=data.draw(st.booleans())))

    assert _is_sound(checked)
    assert _is_settled(checked)


@given(trees)
def test_any_tree_is_answered(tree: Any) -> None:
    assert _is_sound(check_flow(json.dumps(tree)))


@given(st.dictionaries(keys, trees), st.lists(st.dictionaries(keys, trees, max_size=6), max_size=3))
def test_any_tasks_are_answered(top: dict[str, Any], tasks: list[dict[str, Any]]) -> None:
    checked = check_flow(json.dumps({**top, "name": "f", "tasks": tasks}))

    assert _is_sound(checked)
    assert _is_settled(checked)


@given(finite_trees, st.sampled_from([True, False]), st.none() | st.integers(0, 3))
def test_json_means_in_a_flow_what_it_means_elsewhere(
    tree: Any,
    is_ascii: bool,  # noqa: FBT001 - drawn, never written
    indent: int | None,
) -> None:
    source = read_source(json.dumps({"": tree}, ensure_ascii=is_ascii, indent=indent))

    assert source.problems == ()
    assert source.root is not None
    assert repr(source.root.value) == repr({"": tree})


def test_the_flow_the_laws_start_from_is_valid() -> None:
    checked = check_flow(FLOW)

    assert checked.errors == ()
    assert _is_settled(checked)


def test_five_hundred_tasks_are_checked_in_a_number_of_steps_for_each() -> None:
    tasks = "".join(
        f"  - name: t{index}\n    type: util.log\n    properties:\n"
        f"      message: 'after {{{{ outputs[\"t{index - 1}\"].message }}}}'\n"
        for index in range(1, 500)
    )
    text = f"name: f\ntasks:\n  - {{name: t0, type: util.log, properties: {{message: x}}}}\n{tasks}"
    check_flow(FLOW)

    with counted_steps() as steps:
        checked = check_flow(text)

    assert checked.errors == ()
    assert steps.count <= 500 * 2_000


HEAD = "name: f\nvariables:\n"


@pytest.mark.parametrize(
    ("head", "part"),
    [
        ("", "["),
        ("", "- "),
        ("", "? "),
        ("", "a: "),
        ("", "\n"),
        ("a: '", "''"),
        ('a: "', "\\n"),
        ("a: |\n", "  {{ x }}\n"),
        ("a: [", "1,"),
        ("a: [", "&a 1,"),
        ("a: [&a [1,1,1,1,1,1,1,1], ", "*a,"),
        ("", "f{}: 1\n"),
        ("", "same: 1\n"),
        (HEAD, "  v{}: '{{{{ inputs.i{} }}}}'\n"),
        (HEAD, "  v{}: '{{{{ nope{} }}}}'\n"),
        (HEAD, "  v{}: '{{{{ vars.v{} }}}}'\n"),
        ("name: f\ntasks:\n", "- {{name: a}}\n"),
        ("name: f\ntasks:\n", "- {{name: t{}, type: util.logg, dependsOn: [x{}]}}\n"),
        ("name: f\ninputs:\n", "- {{name: i{}, type: STRING, pattern: '(a{{99}}){{99}}'}}\n"),
        ("name: f\ntriggers:\n", "- {{name: t{}, type: cron, config: {{cron: '* * * * 8'}}}}\n"),
    ],
)
def test_the_largest_text_is_answered_in_a_number_of_steps_for_each_character(
    head: str, part: str
) -> None:
    count = MAX_TEXT // len(part)
    body = "".join(part.format(index, index) if "{}" in part else part for index in range(count))
    text = (head + body)[:MAX_TEXT]

    with counted_steps() as steps:
        checked = check_flow(text)

    assert checked.errors
    assert steps.count <= 30 * MAX_TEXT
