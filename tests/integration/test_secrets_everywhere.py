"""A flow that throws six secrets at everything: no eight characters of any come to light.

Whatever an author does by hand to hide one (reverse it, cut it, encode it twice) is not here.
"""

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from shared.flows.validation.validator import check_flow
from shared.plugins.registry import available_plugins
from tests.support.fixtures import Finished
from tests.support.secrecy import Secrets, kept, shown
from tests.support.stack import MotoStack


def scrambled(name: str, length: int) -> str:
    return "".join(hashlib.sha256(f"{name}{n}".encode()).hexdigest() for n in range(9))[:length]


SECRETS: Mapping[str, str] = {
    "jwt": f"eyJ{scrambled('a', 200)}.{scrambled('b', 100)}.{scrambled('c', 80)}",
    "pw": "pa\"55/wö\\rd+&<x>'y z%41\\n~" + scrambled("d", 12),
    "host": "ZQxHost" + scrambled("e", 20).upper() + "Qz",
    "pem": "\n".join(["-----BEGIN KEY-----", *(scrambled(f"p{n}", 40) for n in range(3)), "-END-"]),
    "card": "4929831507264418",
    "path": ".".join(scrambled(f"s{n}", 9) for n in range(8)),
}
"""A long token; a password of all that is ever escaped; what is lowered in a URL; lines; digits;
steps of a path."""
SEARCH = Secrets(SECRETS)

VALUES = [
    *("{{ inputs[inputs.S] }}", "{{ inputs.S.nope }}", "{{ inputs.S + 1 }}", "{{ 1 < inputs.S }}"),
    *("{{ [1] | map(attribute=inputs.S) | list }}", "{{ [{'a': 1}] | map(inputs.S) | list }}"),
    *(
        "{{ [{'a': 1}] | selectattr(inputs.S, 'eq', 1) | list }}",
        "{{ [1] | map(inputs.S) | list }}",
    ),
    *("{{ [1] | select(inputs.S) | list }}", "{{ [{'a': 1}] | sort(attribute=inputs.S) }}"),
    *("{{ [{'a': 1}] | sum(attribute=inputs.S) }}", "{{ {'a': inputs.S} | join(inputs.S) }}"),
    *("{{ ('%(' ~ inputs.S ~ ')s') | format(a=1) }}", "{{ inputs.S | format(1) }}"),
    *("{{ inputs.S | date('yyyy') }}", "{{ '2026-01-01T00:00:00Z' | date(inputs.S) }}"),
    *("{{ '2026-01-01T00:00:00Z' | dateadd(1, inputs.S) }}", "{{ inputs.S | dateadd(1, 'days') }}"),
    *("{{ inputs.S | fromjson }}", "{{ fromJson(inputs.S) }}", "{{ range(inputs.S) }}"),
    *(
        "{{ inputs.S | base64decode }}",
        "{{ inputs.S | float }}",
        "{{ inputs.S | round(inputs.S) }}",
    ),
    *("{{ inputs.S }}", "{{ {inputs.S: inputs.S} }}", "{{ inputs.S | upper }}", "x{{ inputs.S }}y"),
    *("{{ inputs.S | base64encode }}", "{{ inputs.S | urlencode }}", "{{ inputs.S | json }}"),
    *("{{ inputs.S | json | json }}", "{{ inputs.S | escape }}", "{{ inputs.S | lower }}"),
    *("{{ inputs.S | title }}", "{{ inputs.S | yaml }}", "{{ inputs.S | split('\\n') }}"),
    *("{{ inputs.S | urlencode | urlencode }}", "{{ {'a': [inputs.S]} | yaml }}"),
    *("{{ inputs.S | xmlattr }}", "{{ {'a': inputs.S} | xmlattr }}", "{{ inputs.S | striptags }}"),
]
FIELDS: list[tuple[str, dict[str, Any]]] = [
    ("flow.wait", {"until": "{{ inputs.S }}"}),
    ("flow.wait", {"duration": "{{ inputs.S }}"}),
    ("flow.subflow", {"name": "{{ inputs.S }}"}),
    ("flow.subflow", {"flowId": "{{ inputs.S }}"}),
    ("flow.subflow", {"name": "child", "inputs": {"number": "{{ inputs.S }}"}}),
    ("flow.subflow", {"name": "child", "inputs": {"day": "{{ inputs.S }}"}}),
    ("flow.subflow", {"name": "child", "inputs": {"one": "{{ inputs.S }}"}}),
    ("flow.subflow", {"name": "child", "inputs": {"form": "{{ inputs.S }}"}}),
    ("flow.subflow", {"name": "child", "inputs": {"said": "so {{ inputs.S }}"}}),
    ("flow.gate", {"message": "m", "timeout": "{{ inputs.S }}"}),
    ("flow.gate", {"message": "m", "remind": ["{{ inputs.S }}"]}),
    ("http.request", {"url": "http://{{ inputs.S }}.127.0.0.1/"}),
    ("http.request", {"url": "{{ inputs.S }}"}),
    ("http.request", {"url": "http://u:{{ inputs.S }}@127.0.0.1/"}),
    ("http.request", {"url": "http://127.0.0.1/", "headers": {"a": "{{ inputs.S }}"}}),
    ("http.request", {"url": "http://10.0.0.1/{{ inputs.S }}"}),
    ("http.request", {"url": "http://127.0.0.1/", "timeout": "{{ inputs.S }}"}),
    ("transform.csv", {"operation": "parse", "data": "a\n{{ inputs.S }}"}),
    ("transform.regex", {"operation": "test", "data": "x", "pattern": "({{ inputs.S }}"}),
    ("util.validate", {"data": "x", "schema": {"const": "{{ inputs.S }}"}}),
    ("util.validate", {"data": "x", "schema": {"pattern": "{{ inputs.S }}"}}),
    ("util.validate", {"data": "x", "schema": {"enum": ["{{ inputs.S }}", 1]}}),
    ("util.validate", {"data": "x", "schema": {"type": "{{ inputs.S }}"}}),
    (
        "util.validate",
        {"data": "{{ {inputs.S: 1} }}", "schema": {"additionalProperties": False}},
    ),
    (
        "util.validate",
        {"data": "{{ {inputs.S: 1} }}", "schema": {"const": 1}, "failOnError": False},
    ),
    ("util.json", {"operation": "get", "data": {"a": 1}, "path": "a.{{ inputs.S }}"}),
    ("flow.group", {"items": [{"a": 1}], "by": "{{ inputs.S }}"}),
    ("transform.sort", {"items": [{"a": 1}, {"a": 2}], "by": "{{ inputs.S }}"}),
    ("flow.unique", {"items": ["{{ inputs.S }}", {}], "by": "item.{{ inputs.S }}("}),
]
OF_TASKS = [
    {"when": "inputs[inputs.S] == 1"},
    {"timeout": "{{ inputs.S }}"},
]
CHILD = """
name: child
inputs:
  - {name: number, type: INT, required: false}
  - {name: day, type: DATE, required: false}
  - {name: one, type: ENUM, values: [a, b], required: false}
  - {name: form, type: STRING, pattern: 'x+', required: false}
  - {name: said, type: STRING, required: false}
tasks:
  - {name: say, type: util.log, properties: {message: 'child: {{ inputs.said }}'}}
  - name: fail
    type: core.set
    allowFailure: true
    properties: {values: {x: '{{ inputs[inputs.said] }}'}}
outputs: {said: '{{ inputs.said }}'}
"""


def every_property() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each property of each plugin with a secret in it; what else it needs is plain."""
    for plugin in available_plugins():
        schema = plugin.manifest.input_schema
        declared = schema.get("properties", {})
        if plugin.manifest.id.startswith("flow.") and plugin.run is None:
            continue
        needed = {name: _plain(declared[name]) for name in schema.get("required", ())}
        for name, each in declared.items():
            if not each.get("x-deferred"):
                yield plugin.manifest.id, {**needed, name: _secret(each)}


def _plain(schema: Mapping[str, Any]) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "string")
    kind = kind if isinstance(kind, str) else kind[0]
    return {"array": [{"a": 1}], "object": {"a": 1}, "integer": 1, "number": 1}.get(
        kind, "http://x"
    )


def _secret(schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type", "string")
    if kind == "array":
        return ["{{ inputs.S }}", {"a": "{{ inputs.S }}"}]
    return {"a": "{{ inputs.S }}"} if kind == "object" else "{{ inputs.S }}"


def flow_text() -> str:
    """Return the flow, one task a leak, each secret in turn and the hardest in most."""
    tasks: list[dict[str, Any]] = [
        {"type": "core.set", "properties": {"values": {"x": value}}} for value in VALUES
    ]
    tasks += [{"type": "util.log", "properties": {"message": value}} for value in VALUES[-14:]]
    tasks += [{"type": kind, "properties": given} for kind, given in FIELDS]
    tasks += [{"type": kind, "properties": given} for kind, given in every_property()]
    tasks += [{"type": "util.log", "properties": {"message": "m"}, **each} for each in OF_TASKS]
    named = []
    for number, each in enumerate(tasks):
        for turn in range(2):
            secret = list(SECRETS)[(number * 2 + turn) % len(SECRETS)]
            text = json.dumps(each).replace("inputs.S", f"inputs.{secret}")
            task = {"name": f"t{number}-{secret}", "allowFailure": True, "dependsOn": []}
            task |= json.loads(text)
            if can_be_saved([task]):
                named.append(task)
    gate = {"message": "{{ inputs.pw }} {{ inputs.pem }} {{ inputs.jwt }}"}
    named.append({"name": "ask", "type": "flow.gate", "dependsOn": [], "properties": gate})
    return flow_of(named)


def flow_of(tasks: list[dict[str, Any]]) -> str:
    return json.dumps(
        {
            "name": "everything",
            "inputs": [{"name": name, "type": "SECRET"} for name in SECRETS],
            "tasks": tasks,
            "outputs": {"all": {name: f"{{{{ inputs.{name} }}}}" for name in SECRETS}},
        }
    )


def can_be_saved(tasks: list[dict[str, Any]]) -> bool:
    """Tell whether a task is refused when it runs, and not when it is saved already."""
    return check_flow(flow_of(tasks)).definition is not None


@pytest.mark.timing
@pytest.mark.enable_socket
def test_no_eight_characters_of_a_secret_come_to_light(
    moto_stack: MotoStack,
    create_flow: Any,
    run: Finished,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
):
    create_flow(CHILD)
    caplog.set_level(logging.INFO)

    seen = run(flow_text(), dict(SECRETS), decision="approve")

    statuses = Counter(task["status"] for task in seen.tasks)
    assert statuses["FAILED"] > 100
    assert statuses["SUCCESS"] > 100
    logs = [("log", [caplog.text, *capfd.readouterr()])]
    leaks = SEARCH.found_in((*shown(moto_stack), *kept(moto_stack), *logs))
    assert leaks[:20] == []


@pytest.mark.parametrize("name", SECRETS)
def test_a_start_that_is_refused_shows_nothing_of_its_secrets(
    name: str, moto_stack: MotoStack, create_flow: Any
):
    text = json.dumps(
        {
            "name": "refused",
            "inputs": [{"name": name, "type": "SECRET"}],
            "concurrency": {"limit": 1, "key": f"inputs[inputs.{name}]"},
            "tasks": [{"name": "a", "type": "util.log", "properties": {"message": "m"}}],
        }
    )
    body = {"inputs": {name: SECRETS[name]}, "labels": {"who": f"me {SECRETS[name]}"}}

    answer = moto_stack.api("POST", f"/api/v1/flows/{create_flow(text)['id']}/execute", body)

    assert answer.status == 400
    assert SEARCH.leaks(answer.body) == set()
