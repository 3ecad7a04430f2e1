"""What a valid flow becomes, and what of the request and of the fixtures the validator knows."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from shared.flows.language.definition import (
    Concurrency,
    FlowDefinition,
    InputDefinition,
    InputType,
    RetryPolicy,
    RunWhen,
    TaskDefinition,
)
from shared.flows.source.reader import read_source
from shared.flows.validation.validator import Checked, check_flow
from tests.support.fixtures import REFUSED

FIXTURES = Path(__file__).parents[3] / "fixtures"
TASKS = "tasks: [{name: a, type: util.log, properties: {message: hi}}]\n"

EVERYTHING = """\
name: all
namespace: prod
description: Everything a flow can say
labels: {team: red}
disabled: true
inputs:
  - {name: who, type: STRING, description: Who, min: 1, max: 9, pattern: '[A-Z]+'}
  - {name: times, type: INT, default: '2', values: [1, 2]}
  - {name: when, type: DATE, required: false, min: 2026-01-01, max: 2026-12-31}
  - {name: nothing, type: JSON, default: null}
  - {name: long, type: DURATION, min: 1m, max: 90m}
variables: {greeting: 'Hi {{ inputs.who }}', list: [1, {a: b}]}
tasks:
  - name: one
    type: core.set
    description: First
    labels: {cost: low}
    logLevel: WARN
    disabled: false
    properties: {values: {a: 1}}
    retry: {maxAttempts: 5, type: exponential, delay: 1s, maxDelay: 1m, factor: 1.5, jitter: true,
      maxDuration: PT1H, on: [500, timeout]}
    timeout: '{{ vars.list[0] }}s'
  - name: two
    type: flow.if
    dependsOn: one
    when: '{{ outputs.one.a == 1 }}'
    runWhen: done
    allowFailure: true
    timeout: 90
    properties: {condition: true}
    then:
      - {name: three, type: flow.switch, properties: {value: x}, cases: {1: [
          {name: four, type: flow.parallel, tasks: [{name: five, type: flow.wait, when: true,
            properties: {duration: 1s}}]}]}, default: []}
    else: []
  - name: six
    type: flow.foreach
    dependsOn: []
    properties: {items: {a: 1}, concurrency: 0}
    tasks:
      - {name: seven, type: util.log, properties: {message: '{{ item }}{{ index }}{{ key }}'}}
errors: [{name: e, type: util.log, properties: {message: '{{ error.message }}'}}]
finally: [{name: f, type: util.log, properties: {message: '{{ outputs.one.a }}'}}]
outputs: {x: '{{ outputs.one.a }}', y: [1]}
timeout: 1h
retry: {maxAttempts: 2, type: random, delay: 1, maxDelay: 2}
concurrency: {limit: 3, behavior: CANCEL, key: inputs.who}
idempotency: required
isolation: task
retention: P30D
triggers:
  - {name: hook, type: webhook, enabled: false, config: {key: k, condition: trigger.body.x}}
  - {name: daily, type: cron, config: {cron: '*/5 0-6,12 1 JAN-MAR/2 MON', timezone: Asia/Tokyo,
      inputs: {who: '{{ trigger.firedAt }}'}}}
  - {name: nightly, type: cron, config: {cron: '@daily'}}
  - {name: bus, type: event, config: {pattern: {source: [x]}}}
  - {name: inbox, type: queue}
  - {name: after, type: flow, config: {flowId: x, states: [SUCCESS]}}
"""


def _accepted(checked: Checked) -> FlowDefinition:
    assert checked.errors == ()
    assert checked.definition is not None
    return checked.definition


@pytest.mark.parametrize("name", sorted(path.name for path in FIXTURES.glob("f*.yaml")))
def test_the_flows_that_must_work_are_valid(name: str) -> None:
    checked = check_flow((FIXTURES / name).read_bytes())

    assert checked.errors == ()
    assert checked.warnings == ()


@pytest.mark.parametrize("name", REFUSED)
def test_the_flows_that_must_be_refused_are(name: str) -> None:
    checked = check_flow((FIXTURES / f"{name}.yaml").read_bytes())

    (error,) = checked.errors
    found = f"{error.line}:{error.column} {error.path} | {error.message}"
    assert found == REFUSED[name]


def test_all_that_a_flow_can_say_is_kept() -> None:
    definition = _accepted(check_flow(EVERYTHING))

    one, two, six = definition.tasks
    assert definition.model_copy(update={"tasks": (), "errors": (), "finally_": ()}) == (
        FlowDefinition(
            name="all",
            namespace="prod",
            description="Everything a flow can say",
            labels={"team": "red"},
            disabled=True,
            inputs=(
                InputDefinition(
                    name="who",
                    type=InputType.STRING,
                    description="Who",
                    min=1,
                    max=9,
                    pattern="[A-Z]+",
                ),
                InputDefinition(
                    name="times",
                    type=InputType.INT,
                    required=False,
                    has_default=True,
                    default=2,
                    values=(1, 2),
                ),
                InputDefinition(
                    name="when",
                    type=InputType.DATE,
                    required=False,
                    min="2026-01-01",
                    max="2026-12-31",
                ),
                InputDefinition(
                    name="nothing", type=InputType.JSON, required=False, has_default=True
                ),
                InputDefinition(name="long", type=InputType.DURATION, min="1m", max="90m"),
            ),
            variables={"greeting": "Hi {{ inputs.who }}", "list": [1, {"a": "b"}]},
            tasks=(),
            outputs={"x": "{{ outputs.one.a }}", "y": [1]},
            timeout=timedelta(hours=1),
            retry=RetryPolicy(
                max_attempts=2,
                type="random",
                delay=timedelta(seconds=1),
                max_delay=timedelta(seconds=2),
            ),
            concurrency=Concurrency(limit=3, behavior="CANCEL", key="inputs.who"),
            idempotency="required",
            isolation="task",
            retention=timedelta(days=30),
            triggers=tuple(yaml.safe_load(EVERYTHING)["triggers"]),
        )
    )
    assert one == TaskDefinition(
        name="one",
        type="core.set",
        description="First",
        labels={"cost": "low"},
        log_level="WARN",
        properties={"values": {"a": 1}},
        retry=RetryPolicy(
            max_attempts=5,
            type="exponential",
            delay=timedelta(seconds=1),
            max_delay=timedelta(minutes=1),
            factor=1.5,
            jitter=True,
            max_duration=timedelta(hours=1),
            on=(500, "timeout"),
        ),
        timeout="{{ vars.list[0] }}s",
    )
    assert (two.depends_on, two.when, two.run_when) == (
        ("one",),
        "{{ outputs.one.a == 1 }}",
        RunWhen.DONE,
    )
    assert (two.allow_failure, two.timeout, two.else_) == (True, timedelta(seconds=90), ())
    assert two.then is not None
    assert two.then[0].cases is not None
    assert two.then[0].cases["1"][0].tasks == (
        TaskDefinition(name="five", type="flow.wait", when=True, properties={"duration": "1s"}),
    )
    assert (six.depends_on, [task.name for task in six.tasks or ()]) == ((), ["seven"])
    assert [task.name for task in (*definition.errors, *definition.finally_)] == ["e", "f"]


def test_a_definition_is_the_same_after_it_was_stored() -> None:
    definition = _accepted(check_flow(EVERYTHING))

    assert FlowDefinition.model_validate_json(definition.model_dump_json()) == definition


def test_the_same_flow_as_json_means_the_same() -> None:
    root = read_source(EVERYTHING).root
    assert root is not None

    definition = _accepted(check_flow(json.dumps(root.value, indent=1)))

    assert definition == _accepted(check_flow(EVERYTHING))


def test_the_name_of_the_request_wins_with_a_warning() -> None:
    checked = check_flow(f"name: mine\nnamespace: here\n{TASKS}", name="yours", namespace="there")

    definition = _accepted(checked)
    assert (definition.name, definition.namespace) == ("yours", "there")
    assert [(each.path, each.line, each.column, each.message) for each in checked.warnings] == [
        ("name", 1, 7, 'the name given with the request, "yours", wins over this one'),
        ("namespace", 2, 12, 'the namespace given with the request, "there", wins over this one'),
    ]


def test_a_text_without_a_name_takes_that_of_the_request() -> None:
    checked = check_flow(TASKS, name="yours", namespace="there")

    assert _accepted(checked).name == "yours"
    assert checked.warnings == ()


def test_the_same_name_twice_is_no_mismatch() -> None:
    checked = check_flow(f"name: mine\nnamespace: here\n{TASKS}", name="mine", namespace="here")

    assert checked.warnings == ()


def test_null_stands_for_absence() -> None:
    text = "name: f\ndescription:\nlabels: ~\ninputs: null\ntimeout:\nerrors:\n" + TASKS

    definition = _accepted(check_flow(text))

    assert definition == _accepted(check_flow("name: f\n" + TASKS))


def test_defaults_stand_under_the_properties_of_matching_tasks() -> None:
    text = """\
name: f
defaults:
  util.*: {level: WARN, message: from the pattern}
  util.log: {level: ERROR}
tasks:
  - {name: a, type: util.log}
  - {name: b, type: util.log, properties: {level: INFO}}
  - {name: c, type: core.set, properties: {values: {}}}
  - {name: d, type: util.string, properties: {operation: upper, value: x}}
"""

    definition = _accepted(check_flow(text))

    assert [task.properties for task in definition.tasks] == [
        {"level": "ERROR", "message": "from the pattern"},
        {"level": "INFO", "message": "from the pattern"},
        {"values": {}},
        {"operation": "upper", "value": "x"},
    ]


def test_a_wrong_default_is_named_once_where_it_stands() -> None:
    text = """\
name: f
defaults: {util.log: {level: LOUD, message: '{{ 1 + }}'}}
tasks:
  - {name: a, type: util.log}
  - {name: b, type: util.log}
"""

    assert [(each.line, each.column, each.path) for each in check_flow(text).errors] == [
        (2, 30, 'defaults["util.log"].level'),
        (2, 53, 'defaults["util.log"].message'),
    ]


def test_defaults_may_not_multiply_past_a_mebibyte() -> None:
    tasks = "".join(f"  - {{name: t{index}, type: util.log}}\n" for index in range(100))
    text = f"name: f\ndefaults: {{util.log: {{message: {'x' * 20_000}}}}}\ntasks:\n{tasks}"

    (error,) = check_flow(text).errors

    assert error.message == "the defaults expand past 1048576 bytes"
    assert (error.path, error.line, error.column) == ("defaults", 2, 1)


def test_a_hundred_patterns_of_defaults_are_the_most() -> None:
    patterns = ", ".join(f"'util.*{'*' * index}': {{}}" for index in range(101))

    (error,) = check_flow(f"name: f\ndefaults: {{{patterns}}}\n{TASKS}").errors

    assert (error.message, error.line, error.column) == ("more than 100 patterns", 2, 1)


def test_a_long_sentence_is_cut() -> None:
    values = ", ".join(str(index) for index in range(1000))
    text = f"name: f\ninputs: [{{name: a, type: INT, values: [{values}], default: -1}}]\n{TASKS}"

    (error,) = check_flow(text).errors

    assert error.message.startswith("the default must be one of 0, 1, 2,")
    assert len(error.message) == 501


def test_aliased_properties_that_are_wrong_are_wrong_in_each_task() -> None:
    text = """\
name: f
tasks:
  - {name: a, type: util.log, properties: &right {message: x}}
  - {name: b, type: util.log, properties: *right}
  - {name: c, type: util.log, properties: &wrong {level: INFO}}
  - {name: d, type: util.log, properties: *wrong}
"""

    assert [(each.line, each.path) for each in check_flow(text).errors] == [
        (5, "tasks[2].properties.message"),
        (6, "tasks[3].properties.message"),
    ]


def test_lists_below_an_unknown_type_still_count() -> None:
    text = """\
name: f
tasks:
  - name: a
    type: flow.fi
    then: [{name: b, type: core.set, properties: {values: {}}}]
    cases: {x: [{name: c, type: core.set, properties: {values: {}}}]}
  - {name: d, type: util.log, properties: {message: '{{ outputs.b }} {{ outputs.c }}'}}
"""

    assert [each.message for each in check_flow(text).errors] == [
        'unknown plugin "flow.fi" (did you mean "flow.if"?)'
    ]


def test_a_property_that_a_template_decides_is_left_open() -> None:
    text = """\
name: f
tasks:
  - {name: a, type: util.log, properties: {message: x, level: '{{ inputs.level }}'}}
  - {name: b, type: util.log, properties: {message: x, level: '{{ nope( }}'}}
  - {name: c, type: util.log, properties: {message: x, level: '${LEVEL}'}}
"""

    assert [each.path for each in check_flow(text).errors] == ["tasks[1].properties.level"]


def test_five_hundred_tasks_are_the_most_wherever_they_stand() -> None:
    task = "{{name: t{0}, type: util.log, properties: {{message: x}}}}"
    main = ", ".join(task.format(index) for index in range(499))
    text = f"name: f\ntasks: [{main}]\nfinally:\n  - {task.format(499)}\n"

    accepted = check_flow(text)
    refused = check_flow(f"{text}  - {task.format(500)}\n  - {task.format(500)}\n")

    assert accepted.errors == ()
    assert [(each.path, each.message, each.line) for each in refused.errors] == [
        ("finally[1]", "more than 500 tasks", 5)
    ]


def test_no_more_than_two_hundred_problems_are_listed() -> None:
    checked = check_flow("name: f\n" + "".join(f"f{index}: 1\n" for index in range(500)) + TASKS)

    assert len(checked.errors) == 201
    assert checked.errors[-1].message == "200 problems or more, the rest is not listed"
    assert checked.errors[-1].line == checked.errors[-2].line == 201


def test_a_long_word_is_cut_and_not_guessed() -> None:
    (error,) = check_flow(f"name: f\n{'x' * 150}: 1\n{TASKS}").errors

    assert error.message == f'unknown field "{"x" * 100}…" at the top of the flow'
    assert error.path == f'["{"x" * 100}…"]'


def test_bytes_are_read_as_text() -> None:
    text = f"name: f\ndescription: überall\n{TASKS}"

    assert check_flow(text.encode()) == check_flow(text)
