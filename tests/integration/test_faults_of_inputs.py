"""Inputs that would be lost, doubled or taken for others are refused; every label is found."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.support.fixtures import Finished
from tests.support.language import fault
from tests.support.stack import MotoStack

JSON = {"content-type": "application/json"}


def executed(stack: MotoStack, flow: Any, body: Any, kind: str = "execute") -> Any:
    return stack.api("POST", f"/api/v1/flows/{flow['id']}/{kind}", body, JSON)


@pytest.mark.parametrize(
    ("name", "inputs", "message"),
    [
        ("c1-input-array-nan", {"a": "[NaN]"}, "NaN is not a JSON number"),
        ("c1-input-array-nan", {"a": "[Infinity]"}, "Infinity is not a JSON number"),
        ("c1-input-array-nan", {"a": "[1e999]"}, "1e999 is too large a number"),
        ("c1-input-array-nan", {"a": '[{"k": 1, "k": 2}]'}, 'the key "k" occurs twice'),
        ("c1-input-array-nan", {"a": '["\\ud800"]'}, "half of a surrogate pair"),
        ("c1-input-array-nan", {"a": "[0.12345678901234567890]"}, "cannot be held as a number"),
        ("c4-input-enum-boolean", {"e": True}, "must be one of 0, 1"),
        ("c4-input-enum-boolean", {"e": "0"}, "must be one of 0, 1"),
        ("c5-input-int-text", {"i": "1_000"}, "must be an integer, not '1_000'"),
        ("c5-input-int-text", {"i": " 5 "}, "must be an integer, not ' 5 '"),
        ("c5-input-int-text", {"i": "\u0661\u0662"}, "must be an integer, not '\u0661\u0662'"),
        ("c5-input-int-text", {"i": 1e23}, "may have lost digits"),
        ("c5-input-int-text", {"i": True}, "must be an integer, not a boolean"),
    ],
)
def test_an_input_that_would_be_another_is_refused(
    moto_stack: MotoStack, create_flow: Any, name: str, inputs: Any, message: str
):
    flow = create_flow(fault(name))

    for kind in ("execute", "execute?dryRun=true", "test"):
        answer = executed(moto_stack, flow, {"inputs": inputs}, kind)

        assert (answer.status, answer.body["code"]) == (400, "invalid_inputs")
        [problem] = answer.body["errors"]
        assert problem["path"] == f"inputs.{next(iter(inputs))}"
        assert message in problem["message"]
    assert moto_stack.api("GET", "/api/v1/executions").body == []


@pytest.mark.parametrize(
    ("name", "inputs", "outputs"),
    [
        ("c4-input-enum-boolean", {"e": 1}, {"e": 1}),
        ("c5-input-int-text", {"i": "1000"}, {"i": 1000}),
        ("c5-input-int-text", {"i": 9007199254740993}, {"i": 9007199254740993}),
    ],
)
def test_an_input_that_loses_nothing_is_read(run: Finished, name: str, inputs: Any, outputs: Any):
    assert run(fault(name), inputs).execution["outputs"] == outputs


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"inputs": {"a": 1, "a": 2}}', 'the key "a" occurs twice in one object'),
        ('{"inputs": {}, "inputs": {}}', 'the key "inputs" occurs twice in one object'),
        ('{"mocks": {"t": {"x": 1, "x": 2}}}', 'the key "x" occurs twice in one object'),
        ('{"inputs": {"a": NaN}}', "NaN is not a JSON number"),
        ('{"inputs": {"a": 1e999}}', "1e999 is too large a number"),
        ('{"inputs": {"a": 1e-400}}', "1e-400 cannot be held as a number"),
        ('{"inputs": {"a": "\\ud800"}}', "half of a surrogate pair"),
    ],
)
def test_a_body_with_such_a_value_is_malformed(
    moto_stack: MotoStack, create_flow: Any, body: str, message: str
):
    flow = create_flow(fault("c5-input-int-text"))

    for kind in ("execute", "test"):
        answer = executed(moto_stack, flow, body, kind)

        assert (answer.status, answer.body["code"]) == (400, "malformed_body")
        assert message in answer.body["detail"]


@pytest.mark.parametrize(
    "default", ["'[NaN, 1e999]'", "'[1e999]'", '\'[{"a": 1, "a": 1}]\'', "[.nan]", "'[1_0]'"]
)
def test_such_a_default_is_refused_when_it_is_saved(moto_stack: MotoStack, default: str):
    text = fault("c3-input-array-default-nan").replace("'[NaN, 1e999]'", default)

    answer = moto_stack.api("POST", "/api/v1/flows", {"yamlContent": text})

    assert (answer.status, answer.body["code"]) == (400, "invalid_flow")


CHILD = "c5-input-int-text"
PARENT = """
name: parent
tasks:
  - name: sub
    type: flow.subflow
    properties: {{namespace: default, name: input-int-text, inputs: {{i: {given}}}}}
"""


@pytest.mark.parametrize("given", ["1_000.0", "' 5 '", "true", "'{{ 1e23 }}'", "'{{ 2 > 1 }}'"])
def test_such_an_input_of_a_subflow_fails_its_task(
    moto_stack: MotoStack, create_flow: Any, execute: Any, given: str
):
    create_flow(fault(CHILD))
    parent = create_flow(PARENT.format(given=given))

    detail = moto_stack.wait_for_execution(execute(parent["id"]))

    assert detail["tasks"][0]["error"]["code"] == "invalid_inputs"
    assert "inputs.i " in detail["tasks"][0]["error"]["message"]


def test_a_label_with_a_colon_is_found(moto_stack: MotoStack, create_flow: Any, execute: Any):
    flow = create_flow(fault("i5-label-with-colon"))
    started = execute(flow["id"])
    moto_stack.wait_for_execution(started)

    for path in ("/api/v1/executions", "/api/v1/flows"):
        [found] = moto_stack.api("GET", f"{path}?label=a:b:c").body
        assert found["id"] in {started, flow["id"]}
        for wrong in ("a:b", "a:c", "a:b:", "b:c", "a:b:c:"):
            assert moto_stack.api("GET", f"{path}?label={quote(wrong)}").body == []
