"""A gate, a wait and a retry side by side go on, in whatever state a stop or a kill meets them."""

import json
import signal
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.support.local import Stack
from tests.support.servers import Server, answering, serving

FLOW = """
concurrency: {limit: 1, key: inputs.line}
inputs:
  - {name: line, type: STRING}
  - {name: nap, type: DURATION, default: 2s}
  - {name: expires, type: DURATION, default: 1h}
  - {name: url, type: STRING}
  - {name: last, type: STRING}
tasks:
  - name: all
    type: flow.parallel
    tasks:
      - name: gate
        type: flow.gate
        properties: {message: May it?, timeout: '{{ inputs.expires }}', onTimeout: approve}
      - name: nap
        type: flow.wait
        properties: {duration: '{{ inputs.nap }}'}
      - name: call
        type: http.request
        properties: {url: '{{ inputs.url }}'}
        retry: {maxAttempts: 3, delay: 15s}
  - name: after
    type: core.set
    properties: {values: {decision: '{{ outputs.gate.decision }}'}}
finally:
  - name: last
    type: http.request
    properties: {url: '{{ inputs.last }}'}
outputs: {decision: '{{ outputs.after.decision }}', status: '{{ outputs.call.status_code }}'}
"""
LONG = "20s"
SNAPSHOT_SECONDS = 5
"""What a kill may lose; the README says so."""
TASKS = ["all", "gate", "nap", "call", "after", "last"]


class World:
    """The stack, one flow on it, and the server that its tasks call."""

    def __init__(self, api: httpx.Client, flow: Any, server: Server) -> None:
        self.api, self.flow, self.server = api, flow, server

    def start(self, line: str, *, url: str = "ok", last: str = "ok", **inputs: str) -> str:
        at = f"{self.server.url}?line={line}&answer="
        inputs = {"line": line, "url": f"{at}{url}", "last": f"{at}{last}&last=1", **inputs}
        path = f"/api/v1/flows/{self.flow['id']}/execute"
        answer = self.api.post(path, json={"inputs": inputs})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["executionId"])

    def read(self, execution_id: str) -> Any:
        return self.api.get(f"/api/v1/executions/{execution_id}").json()

    def status(self, execution_id: str) -> str:
        return str(self.read(execution_id)["execution"]["status"])

    def task(self, execution_id: str, name: str) -> Any:
        tasks = self.read(execution_id)["tasks"]
        return next((each for each in tasks if each["taskName"] == name), {"status": None})

    def until_task(self, execution_id: str, name: str, status: str) -> None:
        until(lambda: self.task(execution_id, name)["status"] == status)

    def approve(self, execution_id: str) -> None:
        self.until_task(execution_id, "gate", "PAUSED")
        approval = json.loads(self.task(execution_id, "gate")["outputs"])["approvalId"]
        self.api.post(f"/api/v1/approvals/{approval}/approve").raise_for_status()

    def has_called(self, line: str, *, last: bool) -> bool:
        asked = f"line={line}&".encode()
        return any(asked in each and (b"last=1" in each) is last for each in self.server.requests)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_an_execution_survives_in_each_of_its_states_and_ends_as_it_should(
    stack: Stack,
    api: httpx.Client,
    saved: Callable[[str], Any],
    finished: Callable[..., Any],
    how: signal.Signals,
) -> None:
    with serving(as_asked) as server:
        world = World(api, saved(FLOW), server)
        ids = put_in_each_state(world)
        if how is signal.SIGKILL:
            time.sleep(SNAPSHOT_SECONDS)
        else:
            ids["started"] = world.start("started")

        stack.end(how)
        stack.start()

        for name in ("paused", "napping", "retrying", "calling", "started", "in line"):
            if name in ids:
                world.approve(ids[name])
        for name, execution_id in ids.items():
            check(name, finished(execution_id, seconds=180))


def put_in_each_state(world: World) -> dict[str, str]:
    """One execution in each of the flow's states; what changes by itself soonest comes last."""
    ids = {"paused": world.start("paused")}
    ids["in line"] = world.start("paused")
    until(lambda: world.status(ids["paused"]) == "PAUSED")
    assert world.status(ids["in line"]) == "QUEUED"
    ids["decided"] = world.start("decided", nap=LONG)
    ids["napping"] = world.start("napping", nap=LONG)
    ids["finishing"] = world.start("finishing", last="late")
    ids["retrying"] = world.start("retrying", url="busy")
    ids["calling"] = world.start("calling", url="late")
    world.approve(ids["decided"])
    world.approve(ids["finishing"])
    ids["expired"] = world.start("expired", expires="12s")
    world.until_task(ids["retrying"], "call", "RETRYING")
    until(lambda: world.has_called("calling", last=False))
    until(lambda: world.has_called("finishing", last=True))
    world.until_task(ids["napping"], "nap", "RUNNING")
    world.until_task(ids["expired"], "gate", "PAUSED")
    return ids


def check(name: str, ended: Any) -> None:
    """Each task has one result, whatever happened on the way to it."""
    assert ended["execution"]["status"] == "SUCCESS", (name, ended["execution"]["error"])
    assert ended["execution"]["outputs"] == {"decision": "approved", "status": 200}, name
    assert [(each["taskName"], each["status"]) for each in ended["tasks"]] == [
        (each, "SUCCESS") for each in TASKS
    ], name
    attempts = {each["taskName"]: each["attempt"] for each in ended["tasks"]}
    assert attempts == {**dict.fromkeys(TASKS, 1), "call": 2 if name == "retrying" else 1}, name


def as_asked(connection: Any, request: bytes, server: Server) -> None:
    """200; at the first time a 503, or an answer that comes too late, if the query asks for it."""
    target = request.split(b" ", 2)[1]
    asked = parse_qs(urlsplit(target.decode()).query)["answer"][0]
    is_first = sum(target + b" " in each for each in server.requests) == 1
    if asked == "late" and is_first:
        server.stopping.wait(12)
    head = "HTTP/1.1 503 Busy" if asked == "busy" and is_first else "HTTP/1.1 200 OK"
    answering(head, b"{}")(connection, request, server)


def until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)
