"""Six secrets in forty tasks, each of which has its own way to tell what it was given.

Afterwards eight characters in a row of any secret are looked for in everything that is kept or
shown. What an author does to a secret by hand (`reverse`, slices, a hash) is not among the tasks.
"""

import io
import json
from typing import Any, NamedTuple

import pytest

from tests.support.fixtures import Finished
from tests.support.secrecy import Secrets, kept, shown
from tests.support.stack import MotoStack

SECRETS = {
    "token": "eyJqT7Zk0Vx3.Wq8nB5rLm2Yd6Hs1Pf4Gc9KtXv0Ab7Ju.Rz3Qe6Mw9Fn2" + "Zp5Sk8Ly1Dh4" * 9,
    "pw": "kq\"55/wö\\rd+&<x>'y zQ7",
    "host": "Vq7XkZ2mPw9Tj4Rb",
    "pem": "mK8vQz3Lw1Ty6Nb0\nXc5Rf9Gj2Hs7Pd4a\r\nUe1Wo8Ik3Zm6Yq0t\n",
    "bad": "((Jw4'zN\"8ö\\qG2kT7mV5",
    "pin": "8170264953",
}
SEARCH = Secrets(SECRETS)


class Told(NamedTuple):
    """A type of task, its properties, and other fields of the task."""

    type: str
    properties: dict[str, Any]
    fields: dict[str, Any] = {}


def shows(expression: str) -> Told:
    return Told("core.set", {"values": {"x": "{{ " + expression + " }}"}})


def validates(schema: Any, data: Any = "x", *, fails: bool = True) -> Told:
    return Told("util.validate", {"data": data, "schema": schema, "failOnError": fails})


def calls(url: str, **more: Any) -> Told:
    return Told("http.request", {"url": url, "timeout": 1, **more})


T = "{{ inputs.token }}"
ONE_KEY = "{{ {inputs.token: 1} }}"
TASKS: dict[str, Told] = {
    # Cut before it is masked.
    "key": shows("inputs[inputs.token]"),
    "key-of-text": shows("inputs.pw[inputs.token]"),
    "map-field": shows("[{'a': 1}] | map(attribute=inputs.token)"),
    "map-filter": shows("[1] | map(inputs.token)"),
    "select-test": shows("[1] | select(inputs.token)"),
    "select-field": shows("[{'a': 1}] | selectattr(inputs.token, 'eq', 1)"),
    "sum-field": shows("[{'a': 1}] | sum(attribute=inputs.token)"),
    "date-letters": shows("0 | date(inputs.host)"),
    "wait-until": Told("flow.wait", {"until": T}),
    "wait-duration": Told("flow.wait", {"duration": "{{ inputs.pin ~ 'xyz' }}"}),
    "timeout": Told("util.log", {"message": "x"}, {"timeout": "{{ inputs.host }}"}),
    "child-number": Told("flow.subflow", {"name": "child", "inputs": {"n": T}}),
    "child-date": Told("flow.subflow", {"name": "child", "inputs": {"n": 1, "day": T}}),
    "json-step": Told("util.json", {"operation": "set", "data": "x", "path": T, "value": 1}),
    "json-place": Told("util.json", {"operation": "set", "data": [1], "path": T, "value": 1}),
    "header-name": calls("https://x.example", headers="{{ {'a ' ~ inputs.token: 'x'} }}"),
    "regex": Told("transform.regex", {"operation": "match", "data": "x", "pattern": T + "("}),
    "schema-const": validates({"const": T}),
    "schema-pattern": validates({"pattern": T}, fails=False),
    "schema-enum": validates({"enum": [T, "{{ inputs.pw }}"]}, fails=False),
    "schema-key": validates({"additionalProperties": False}, ONE_KEY, fails=False),
    "schema-path": validates({"additionalProperties": {"type": "string"}}, ONE_KEY, fails=False),
    "schema-wrong": validates({"type": T}),
    "unknown-property": Told("http.request", {"url": "https://x.example", "auth": ONE_KEY}),
    # A repr.
    "flow-name": Told("flow.subflow", {"name": "{{ inputs.pw }}"}),
    "flow-id": Told("flow.subflow", {"flowId": "{{ inputs.pw }}"}),
    "format-key": shows("('%(' ~ inputs.pw ~ ')s') | format(a=1)"),
    "format": shows("('%' ~ inputs.bad) % 1"),
    "regex-bytes": Told(
        "transform.regex", {"operation": "match", "data": "x", "pattern": "{{ inputs.bad }}"}
    ),
    "compare": Told("util.compare", {"a": "x", "op": "matches", "b": "{{ inputs.bad }}"}),
    # In lower case.
    "scheme": calls("ftp://{{ inputs.host }}.invalid"),
    "zone": calls("http://{{ inputs.host }}%25x"),
    "user": calls("http://{{ inputs.host }}:x@example.invalid"),
    "cases": shows("[inputs.token | lower, inputs.host | upper, inputs.pw | title]"),
    # Lines, columns, other spellings.
    "lines": shows("inputs.pem | split('\\n')"),
    "csv": Told(
        "transform.csv", {"operation": "parse", "data": "{{ inputs.pem }}", "header": False}
    ),
    "column": Told(
        "transform.csv",
        {"operation": "parse", "data": "{{ inputs.pin ~ ',' ~ inputs.pin }}\n1,2"},
    ),
    "line": Told("util.log", {"message": "first: {{ (inputs.pem | split('\\n')) | first }}"}),
    "spelled": shows(
        "[inputs.pw | escape, inputs.pw | urlencode, inputs.pw | json, [inputs.pw] | json | json,"
        " inputs.pw | base64encode, inputs.pw | yaml, {inputs.pw: inputs.pin | int}]"
    ),
    "log": Told("util.log", {"message": "{{ inputs }} {{ inputs.pw | json }}"}),
    "when": Told("util.log", {"message": "x"}, {"when": "inputs[inputs.pin] == 1"}),
    "deferred": Told("flow.map", {"items": [1], "expression": "inputs[inputs.token]"}),
    "items": Told("flow.foreach", {"items": T}, {"tasks": [("in-items", "util.log")]}),
    "switch": Told(
        "flow.switch", {"value": "{{ inputs.pw }}"}, {"cases": {"a": [("in-case", "util.log")]}}
    ),
    "gate-end": Told("flow.gate", {"message": "x", "onTimeout": T}),
    "gate-time": Told("flow.gate", {"message": "x", "remind": [T]}),
    "gate": Told("flow.gate", {"message": "sure of {{ inputs.pw }}?", "approvers": []}),
    "child": Told("flow.subflow", {"name": "child", "inputs": {"n": 1, "text": "{{ inputs.pw }}"}}),
}
CHILD = """
name: child
inputs:
  - {name: n, type: INT}
  - {name: day, type: DATE, required: false}
  - {name: text, type: STRING, required: false}
tasks:
  - name: say
    type: util.log
    properties: {message: 'got {{ inputs.text }}'}
  - name: fail
    type: core.set
    properties: {values: {x: '{{ inputs[inputs.text] }}'}}
outputs: {text: '{{ inputs.text }}'}
"""


def inner(tasks: Any) -> Any:
    if isinstance(tasks, dict):
        return {name: inner(each) for name, each in tasks.items()}
    return [{"name": name, "type": of, "properties": {"message": "x"}} for name, of in tasks]


def flow(**fields: Any) -> dict[str, Any]:
    inputs = [{"name": name, "type": "SECRET"} for name in SECRETS]
    return {"name": "forty", "inputs": inputs, **fields}


def forty() -> dict[str, Any]:
    tasks = [
        {
            "name": name,
            "type": told.type,
            "properties": told.properties,
            "allowFailure": True,
            "dependsOn": [],
            **{key: inner(value) if key in {"tasks", "cases"} else value
               for key, value in told.fields.items()},
        }
        for name, told in TASKS.items()
    ]  # fmt: skip
    return flow(tasks=tasks, outputs={"x": "{{ inputs[inputs.token] }}"})


def test_forty_tasks_tell_nothing_of_six_secrets(
    moto_stack: MotoStack, create_flow: Any, execute: Any, logged: io.StringIO
):
    child = create_flow(CHILD)
    saved = create_flow(json.dumps(forty()))
    labels = {"who": f"me {SECRETS['pw']}", "of": SECRETS["host"].upper()}
    started = execute(saved["id"], {"inputs": SECRETS, "labels": labels})
    approval = moto_stack.wait_for_approval(started)
    moto_stack.api("POST", f"/api/v1/approvals/{approval['id']}/approve")

    detail = moto_stack.wait_for_execution(started)

    settled = {each["taskName"]: each["status"] for each in detail["tasks"]}
    assert set(TASKS) <= set(settled)
    assert settled["gate"] == settled["lines"] == settled["log"] == "SUCCESS"
    assert settled["key"] == settled["regex"] == settled["child"] == "FAILED"
    executions = moto_stack.api("GET", f"/api/v1/executions?flowId={child['id']}").body
    ids = [started, *(each["id"] for each in executions)]
    assert len(ids) == 2
    assert SEARCH.found_in(shown(moto_stack)) == []
    assert SEARCH.found_in(kept(moto_stack)) == []
    assert SEARCH.leaks(logged.getvalue()) == set()


@pytest.mark.parametrize(
    "fields",
    [
        {"concurrency": {"limit": 1, "key": "inputs[inputs.token]"}},
        {"concurrency": {"limit": 1, "key": "[1] | map(inputs.pw)"}},
        {"inputs": [{"name": "token", "type": "SECRET"}, {"name": "n", "type": "INT"}]},
    ],
)
def test_a_refused_start_tells_nothing_of_its_secrets(
    fields: dict[str, Any], moto_stack: MotoStack, create_flow: Any, logged: io.StringIO
):
    text = flow(tasks=[{"name": "a", "type": "util.log", "properties": {"message": "x"}}])
    saved = create_flow(json.dumps(text | fields))

    answer = moto_stack.api(
        "POST",
        f"/api/v1/flows/{saved['id']}/execute",
        {"inputs": {**SECRETS, "n": SECRETS["token"][:30]}},
    )

    assert answer.status == 400
    assert SEARCH.found_in([("answer", answer.body)]) == []
    assert SEARCH.found_in(kept(moto_stack)) == []
    assert SEARCH.leaks(logged.getvalue()) == set()


def test_a_failed_flow_tells_its_tasks_of_errors_no_secret(moto_stack: MotoStack, run: Finished):
    note = {"why": "{{ error.message }}"}
    text = flow(
        tasks=[shown_task("key")],
        errors=[{"name": "note", "type": "core.set", "properties": {"values": note}}],
    )

    seen = run(json.dumps(text), SECRETS)

    assert "******" in seen.outputs("note")["why"]
    assert SEARCH.found_in(kept(moto_stack)) == []


def shown_task(name: str) -> dict[str, Any]:
    return {"name": name, "type": TASKS[name].type, "properties": TASKS[name].properties}
