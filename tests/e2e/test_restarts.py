"""Stopping, killing and starting the stack: what was accepted is still there, and goes on."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.conftest import Stack

SLOW = """
tasks:
  - name: first
    type: util.log
    properties:
      message: before
  - name: slow
    type: http.request
    properties:
      url: http://127.0.0.1:{port}/slow
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


def test_a_second_start_answers_within_seconds(stack: Stack, api: httpx.Client) -> None:
    stack.stop()
    started = time.monotonic()

    stack.start()

    assert api.get("/healthz").status_code == 200
    assert time.monotonic() - started < 20


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
