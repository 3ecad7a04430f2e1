"""Stopping, killing and starting the stack: what was accepted is still there, and goes on."""

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.conftest import Stack
from tests.support.servers import Server, answering, serving

LOG = """
tasks:
  - name: greet
    type: util.log
    properties:
      message: Hello
"""
SLOW = """
tasks:
  - name: first
    type: util.log
    properties:
      message: before
  - name: slow
    type: http.request
    properties:
      url: {url}
  - name: last
    type: util.log
    properties:
      message: after
"""


def test_flows_and_executions_outlive_a_restart(
    stack: Stack,
    api: httpx.Client,
    saved: Callable[[str], Any],
    finished: Callable[..., Any],
) -> None:
    flow = saved(
        "tasks:\n  - name: greet\n    type: util.log\n    properties:\n      message: Hi\n"
    )
    execution_id = api.post(f"/api/v1/flows/{flow['id']}/execute").json()["executionId"]
    before = finished(execution_id)

    stack.restart()

    assert api.get(f"/api/v1/flows/{flow['id']}").json() == flow
    assert api.get(f"/api/v1/executions/{execution_id}").json() == before
    again = api.post(f"/api/v1/flows/{flow['id']}/execute").json()["executionId"]
    assert finished(again)["execution"]["status"] == "SUCCESS"


def test_a_run_that_a_restart_interrupts_is_resumed_and_ends_well(
    stack: Stack,
    api: httpx.Client,
    saved: Callable[[str], Any],
    finished: Callable[..., Any],
) -> None:
    with serving(slowly) as server:
        flow = saved(SLOW.format(url=server.url))
        execution_id = api.post(f"/api/v1/flows/{flow['id']}/execute").json()["executionId"]
        wait_for_a_request(server)

        stack.restart()

        answer = finished(execution_id, seconds=120)
    assert answer["execution"]["status"] == "SUCCESS"
    assert [(run["taskName"], run["status"]) for run in answer["tasks"]] == [
        ("first", "SUCCESS"),
        ("slow", "SUCCESS"),
        ("last", "SUCCESS"),
    ]
    assert len(server.requests) == 2


def test_what_was_saved_survives_a_power_cut_that_comes_later(
    stack: Stack, api: httpx.Client, saved: Callable[[str], Any]
) -> None:
    flow = saved(LOG)
    stack.restart()

    stack.kill()
    stack.start()

    assert api.get(f"/api/v1/flows/{flow['id']}").json() == flow


def slowly(connection: socket.socket, request: bytes, server: Server) -> None:
    """Keep the first caller waiting for longer than it lives; answer the next at once."""
    if len(server.requests) == 1:
        server.stopping.wait(8)
    answering("HTTP/1.1 200 OK", b"{}")(connection, request, server)


def wait_for_a_request(server: Server) -> None:
    deadline = time.monotonic() + 60
    while not server.requests:
        assert time.monotonic() < deadline, "the task never called"
        time.sleep(0.05)


def test_a_second_start_deploys_nothing_anew(stack: Stack, api: httpx.Client) -> None:
    deployed = (stack.home / "deployed.json").stat().st_mtime_ns

    stack.restart()

    assert api.get("/healthz").status_code == 200
    assert (stack.home / "deployed.json").stat().st_mtime_ns == deployed


def test_the_description_is_there_while_the_stack_is(stack: Stack) -> None:
    described = json.loads((stack.home / "local.json").read_text("utf-8"))
    assert described == {
        "apiUrl": stack.url,
        "websocketUrl": None,
        "awsEndpointUrl": f"http://127.0.0.1:{stack.emulator_port}",
        "region": "us-east-1",
    }

    stack.stop()

    assert not Path(stack.home / "local.json").exists()
    stack.start()
