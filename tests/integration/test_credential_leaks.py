"""Credentials in every position of a flow: nothing that is kept or shown holds eight of their
characters in a row, nor of what they are when they are encoded. What a child is given is sealed.
"""

import base64
import io
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.integration.test_secret_leaks import SECRETS, Told, calls, inner, validates
from tests.support.secrecy import Secrets, kept, shown
from tests.support.servers import Reply, Server, serving
from tests.support.stack import MotoStack, forget_factories

pytestmark = [pytest.mark.enable_socket, pytest.mark.timing]

FIELDS = {"user": "administrator-of-db", "password": "kW5^zN8*bJ3(tR1"}
VALUES = {**SECRETS, **FIELDS}
ENCODED = {
    f"{name} {form}": text
    for name, value in VALUES.items()
    for form, text in (
        ("base64", base64.b64encode(value.encode()).decode().rstrip("=")),
        ("url", quote(value, safe="")),
        ("hex", value.encode().hex()),
    )
    if len(text) >= 8
}
SEARCH = Secrets({**VALUES, **ENCODED})


def sets(*texts: str) -> Told:
    return Told("core.set", {"values": {f"v{number}": text for number, text in enumerate(texts)}})


def each_of(items: Any) -> dict[str, Any]:
    """A loop whose tasks tell its items in several ways, and fail over them in others."""
    tasks = [
        ("log", "util.log", {"message": "item {{ item }} {{ item | json }}"}),
        ("code", "core.set", {"values": {"a": "{{ [item | base64encode, item | urlencode] }}"}}),
        ("part", "core.set", {"values": {"a": "{{ inputs[item] }}"}}),
        ("again", "core.set", {"values": {"a": "{{ outputs }} ${TOKEN}"}}),
    ]
    return {
        "properties": {"items": items, "concurrency": 2},
        "tasks": [
            {"type": of, "properties": given, "allowFailure": True, "dependsOn": []}
            | {"name": f"{name}-{len(json.dumps(items))}"}
            for name, of, given in tasks
        ],
    }


def positions(url: str) -> dict[str, dict[str, Any]]:
    """The tasks, by name: each names credentials in another position."""
    sent = {
        "url": f"{url}/${{HOST}}?q=${{TOKEN}}",
        "method": "POST",
        "headers": {"Authorization": "Bearer ${TOKEN}", "X-Pin": "${PIN}"},
        "body": {"password": "${DB.password}", "all": "${DB}", "pw": "${PW}", "pem": "${PEM}"},
        "timeout": 20,
    }
    told = {
        "sent": Told("http.request", sent),
        "refused": Told("http.request", {**sent, "url": f"{url}/fail/${{PW}}"}),
        "basic": calls(
            url, auth={"type": "basic", "username": "${DB.user}", "password": "${DB.password}"}
        ),
        "bearer": calls(f"{url}/fail", auth={"type": "bearer", "token": "${TOKEN}"}),
        "elsewhere": calls("http://${HOST}.invalid/${TOKEN}"),
        "user": calls("http://${HOST}:${PIN}@example.invalid"),
        "header": calls(url, headers={"X-A": "a\n${PW}"}),
        "set": sets("${TOKEN}", "${DB}", "so: ${PW} / ${PEM}", "${DB.password}${PIN}"),
        "log": Told("util.log", {"message": "${TOKEN} ${PW} ${PEM} ${BAD} ${DB.user}"}),
        "compare": Told("util.compare", {"a": "x", "op": "matches", "b": "${BAD}"}),
        "regex": Told("transform.regex", {"operation": "match", "data": "x", "pattern": "${BAD}("}),
        "csv": Told("transform.csv", {"operation": "parse", "data": "${PEM}", "header": False}),
        "path": Told("util.json", {"operation": "get", "data": {"a": 1}, "path": "a.${TOKEN}"}),
        "schema": validates({"enum": ["${TOKEN}", "${PW}"]}),
        "wait": Told("flow.wait", {"duration": "${HOST}"}),
        "until": Told("flow.wait", {"until": "${TOKEN}"}),
        "switch": Told("flow.switch", {"value": "${PW}"}, {"cases": {"a": [("c", "util.log")]}}),
        "nowhere": Told("flow.subflow", {"name": "${PW}"}),
        "child": Told(
            "flow.subflow",
            {"name": "child", "inputs": {"text": "${PW}", "secret": "${TOKEN}", "all": "${DB}"}},
        ),
        "wrong-child": Told("flow.subflow", {"name": "child", "inputs": {"day": "${TOKEN}"}}),
        "gate": Told(
            "flow.gate", {"message": "sure of ${PW}?", "approvers": ["local", "a-${HOST}"]}
        ),
        "gate-time": Told("flow.gate", {"message": "x", "timeout": "${HOST}"}),
        "unknown": Told("util.log", {"message": "${DB.nope} ${NONE}"}),
    }
    made = {
        name: {
            "type": each.type,
            "properties": each.properties,
            **{k: inner(v) if k == "cases" else v for k, v in each.fields.items()},
        }
        for name, each in told.items()
    }
    made["refused"]["retry"] = {"maxAttempts": 2, "delay": "1s"}
    made["loop"] = {"type": "flow.foreach", **each_of(["${TOKEN}", "${DB.password}", "${PW}"])}
    made["loop-of-map"] = {"type": "flow.foreach", **each_of("${DB}")}
    return made


def everywhere(url: str) -> str:
    tasks = [
        {"name": name, "allowFailure": True, "dependsOn": [], **fields}
        for name, fields in positions(url).items()
    ]
    after = {"name": "after", "allowFailure": True, "dependsOn": ["gate", "sent", "refused"]}
    later = [
        # What the far side says of an earlier turn, asked by a task that names nothing.
        {**after, "type": "http.request", "properties": {"url": f"{url}/again", "timeout": 20}},
        {
            **after,
            "name": "reads",
            "type": "core.set",
            "properties": {"values": {"x": "{{ outputs }}", "y": "{{ tasks | json }}"}},
        },
        {
            **after,
            "name": "fails",
            "type": "core.set",
            "allowFailure": False,
            "properties": {"values": {"x": "${PW}", "y": "{{ inputs[outputs.sent.body | json] }}"}},
        },
    ]
    note = {"values": {"why": "{{ error.message }}", "token": "${TOKEN}"}}
    return json.dumps(
        {
            "name": "everywhere",
            "tasks": [*tasks, *later],
            "errors": [{"name": "note", "type": "core.set", "properties": note}],
            "finally": [
                {"name": "end", "type": "util.log", "properties": {"message": "end ${DB.user}"}}
            ],
        }
    )


CHILD = """
name: child
inputs:
  - {name: text, type: STRING, required: false}
  - {name: secret, type: SECRET, required: false}
  - {name: all, type: JSON, required: false}
  - {name: day, type: DATE, required: false}
tasks:
  - {name: say, type: util.log, properties: {message: 'got {{ inputs }} {{ inputs.text }}'}}
  - {name: own, type: core.set, properties: {values: {x: '${HOST}', y: '{{ inputs.all }}'}}}
  - name: fail
    type: core.set
    properties: {values: {x: '{{ inputs[inputs.text] }}'}}
outputs: {text: '{{ inputs.text }}'}
"""


def echoing() -> Reply:
    """Answer with all that was ever asked, as a failure below `/fail`."""
    heard: list[str] = []

    def reply(connection: socket.socket, request: bytes, _server: Server) -> None:
        heard.append(request.decode(errors="replace"))
        status = "500 No" if b"/fail" in request.partition(b"\r\n")[0] else "200 OK"
        body = json.dumps({"heard": heard, "again": "\n".join(heard)}).encode()
        head = f"HTTP/1.1 {status}\r\nx-heard: {quote(heard[0][:900])}\r\n"
        head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)

    return reply


@pytest.fixture
def far_side(moto_stack: MotoStack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A far side that tells all it heard, which flows may call."""
    monkeypatch.setenv("HEADRACE_EGRESS_ALLOW", "127.0.0.1")
    forget_factories()
    assert moto_stack
    with serving(echoing()) as server:
        yield server


def test_credentials_in_every_position_are_kept_and_shown_nowhere(
    moto_stack: MotoStack, far_side: Server, create_flow: Any, execute: Any, logged: io.StringIO
):
    stored = {**{name.upper(): value for name, value in SECRETS.items()}, "DB": FIELDS}
    for name, value in stored.items():
        made = moto_stack.api("POST", "/api/v1/credentials", {"name": name, "value": value},
                              {"Idempotency-Key": name})  # fmt: skip
        assert made.status == 201, made.body
    create_flow(CHILD)
    started = execute(create_flow(everywhere(far_side.url))["id"])
    approval = moto_stack.wait_for_approval(started)
    decided = moto_stack.api("POST", f"/api/v1/approvals/{approval['id']}/approve")
    assert decided.status == 200, decided.body

    detail = moto_stack.wait_for_execution(started)

    settled = {each["taskName"]: each["status"] for each in detail["tasks"]}
    assert set(positions(far_side.url)) <= set(settled)
    assert {settled[name] for name in ("sent", "set", "log", "gate", "loop", "after", "reads")} == {
        "SUCCESS"
    }
    assert {settled[name] for name in ("refused", "child", "fails", "regex", "unknown")} == {
        "FAILED"
    }
    heard = b"".join(far_side.requests)
    for name in ("token", "pin"):
        assert SECRETS[name].encode() in heard
    assert FIELDS["password"].encode() in heard
    retried = moto_stack.api("POST", f"/api/v1/executions/{started}/retry")
    assert retried.status == 202
    moto_stack.wait_for_execution(retried.body["executionId"])
    assert SEARCH.found_in(shown(moto_stack)) == []
    assert SEARCH.found_in(kept(moto_stack)) == []
    assert SEARCH.leaks(logged.getvalue()) == set()
