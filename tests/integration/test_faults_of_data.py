"""Faults that users met with their data, as they reported them: names, numbers, equal keys."""

import json
import socket
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.support.fixtures import Finished
from tests.support.servers import Server, answering, serving
from tests.support.stack import MotoStack

FAULTS = Path(__file__).parents[1] / "fixtures" / "faults"


def fault(name: str) -> str:
    return (FAULTS / f"{name}.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "outputs"),
    [
        ("a1-unique-by-item", {"unique": [3, 1, 2], "removed": 1}),
        ("a4-sort-by-field-with-space", {"names": ["Ada", "Bob"]}),
        ("a6-unique-by-dotted-name", {"left": 2}),
        ("a8-where-numeric-field", {"found": [{"2024": 5}]}),
        ("b4-pad-width-whole-float", {"padded": "    a"}),
        ("b6-url-port-whole-float", {"url": "http://example.org:80/"}),
        ("d3-group-by-map-order", {"count": 1}),
        ("h1-validate-multiple-of-cent", {"valid": True}),
    ],
)
def test_a_fault_is_mended(name: str, outputs: dict[str, Any], run: Finished):
    seen = run(fault(name))

    assert (seen.execution["status"], seen.execution["outputs"]) == ("SUCCESS", outputs)


@pytest.mark.timing
@pytest.mark.enable_socket
def test_a_number_in_a_property_is_sent_as_templates_write_it(
    run: Finished, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HEADRACE_EGRESS_ALLOW", "127.0.0.1")
    with serving(_told) as server:
        seen = run(fault("b1-query-whole-float"), {"url": server.url})

    assert seen.execution["outputs"] == {"text": "/?page=5", "property": "/?page=5", "equal": True}


def _told(connection: socket.socket, request: bytes, server: Server) -> None:
    path = "/" + request.split(b" ", 2)[1].decode().lstrip("/")
    body = json.dumps({"path": path}).encode()
    answering("HTTP/1.1 200 OK\ncontent-type: application/json", body)(connection, request, server)


def test_equal_maps_are_one_key_of_a_limit(moto_stack: MotoStack, create_flow: Any, execute: Any):
    flow_id = create_flow(fault("d1-concurrency-key-map-order").replace("20s", "1h"))["id"]
    keys = [{"a": 1, "b": 2}, {"b": 2.0, "a": 1}, {"a": 1, "b": True}]
    for key in keys:
        execute(flow_id, {"inputs": {"k": key}})

    table: Any = boto3.resource("dynamodb").Table(moto_stack.environment["EXECUTIONS_TABLE_NAME"])
    found = [each for each in table.scan()["Items"] if "#slots#" in each["pk"]]
    waiting = [each["pk"] for each in found if each["sk"].startswith("waiting#")]
    taken = [each["pk"] for each in found if each["sk"] == "count" and each["taken"]]
    assert len(waiting) == 1
    assert len(taken) == len({*taken, *waiting}) == 2
