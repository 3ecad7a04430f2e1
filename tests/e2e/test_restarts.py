"""Stopping, killing and starting the stack: what was accepted is still there, and goes on."""

import json
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.local import Stack
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
NAP = """
tasks:
  - {name: nap, type: flow.wait, properties: {duration: 10s}}
  - {name: say, type: util.log, properties: {message: awake}}
"""
POLL = """
tasks:
  - name: poll
    type: flow.loop
    properties: {until: index == 2, interval: 6s}
    tasks: [{name: look, type: util.log, properties: {message: 'round {{ index }}'}}]
"""
SNAPSHOT_SECONDS = 5
"""What a kill may lose."""
CALL = """
tasks:
  - name: call
    type: flow.subflow
    properties:
      flowId: {flow}
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


def test_a_kill_loses_nothing_older_than_five_seconds_and_what_ran_goes_on(
    stack: Stack,
    api: httpx.Client,
    saved: Callable[[str], Any],
    finished: Callable[..., Any],
) -> None:
    with serving(slowly) as server:
        flow = saved(SLOW.format(url=server.url))
        execution_id = api.post(f"/api/v1/flows/{flow['id']}/execute").json()["executionId"]
        wait_for_a_request(server)
        time.sleep(SNAPSHOT_SECONDS)

        stack.kill()
        stack.start()

        assert api.get(f"/api/v1/flows/{flow['id']}").json() == flow
        answer = finished(execution_id, seconds=120)
    assert answer["execution"]["status"] == "SUCCESS"
    assert [run["status"] for run in answer["tasks"]] == ["SUCCESS"] * 3


def test_a_loop_that_waits_goes_on_after_a_restart_with_the_round_that_is_due(
    stack: Stack,
    api: httpx.Client,
    saved: Callable[[str], Any],
    finished: Callable[..., Any],
) -> None:
    flow = saved(POLL)
    execution_id = api.post(f"/api/v1/flows/{flow['id']}/execute").json()["executionId"]
    time.sleep(3)

    stack.restart()

    answer = finished(execution_id, seconds=120)
    assert answer["execution"]["status"] == "SUCCESS"
    rounds = [run["iteration"] for run in answer["tasks"] if run["taskName"] == "look"]
    assert rounds == ["0", "1", "2"]
    [poll] = [run for run in answer["tasks"] if run["taskName"] == "poll"]
    assert json.loads(poll["outputs"])["rounds"] == 3


def test_a_snapshot_that_a_kill_cut_short_is_never_loaded(
    stack: Stack, api: httpx.Client, saved: Callable[[str], Any]
) -> None:
    flow = saved(LOG)
    time.sleep(SNAPSHOT_SECONDS)

    stack.kill()
    unfinished = stack.home / "state" / f"snapshot-{time.time_ns()}"
    unfinished.mkdir()
    (unfinished / "dynamodb.json").write_text('{"half": ')
    stack.start()

    assert api.get(f"/api/v1/flows/{flow['id']}").json() == flow
    assert not unfinished.exists()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stop_in_the_middle_of_twenty_executions_and_a_start_end_them_all(
    stack: Stack,
    api: httpx.Client,
    saved: Callable[[str], Any],
    finished: Callable[..., Any],
    how: signal.Signals,
) -> None:
    flow = saved(NAP)
    path = f"/api/v1/flows/{flow['id']}/execute"
    with ThreadPoolExecutor(5) as clients:
        started = [
            answer.json()["executionId"]
            for answer in clients.map(lambda _: api.post(path), range(20))
        ]

    if how is signal.SIGKILL:
        time.sleep(SNAPSHOT_SECONDS)
    assert stack.end(how) == (-how if how is signal.SIGKILL else 0)
    stack.start()

    listed = api.get("/api/v1/executions", params={"flowId": flow["id"], "limit": "500"}).json()
    assert {each["id"] for each in listed} == set(started)
    ended = [finished(each, seconds=180) for each in started]
    assert {each["execution"]["status"] for each in ended} == {"SUCCESS"}
    for each in ended:
        assert [task["status"] for task in each["tasks"]] == ["SUCCESS", "SUCCESS"]


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_flow_that_waits_for_another_goes_on_after_a_restart(
    stack: Stack,
    api: httpx.Client,
    saved: Callable[[str], Any],
    finished: Callable[..., Any],
    how: str,
) -> None:
    child = saved(NAP)
    parent = saved(CALL.format(flow=child["id"]))
    path = f"/api/v1/flows/{parent['id']}/execute"
    execution_id = api.post(path).json()["executionId"]
    until(lambda: api.get("/api/v1/executions", params={"flowId": child["id"]}).json())

    if how == "stop":
        assert stack.stop() == 0
    else:
        time.sleep(SNAPSHOT_SECONDS)
        stack.kill()
    stack.start()

    answer = finished(execution_id, seconds=180)
    assert answer["execution"]["status"] == "SUCCESS"
    assert len(api.get("/api/v1/executions", params={"flowId": child["id"]}).json()) == 1


def slowly(connection: socket.socket, request: bytes, server: Server) -> None:
    """Keep the first caller waiting for longer than it lives; answer the next at once."""
    if len(server.requests) == 1:
        server.stopping.wait(8)
    answering("HTTP/1.1 200 OK", b"{}")(connection, request, server)


def wait_for_a_request(server: Server) -> None:
    until(lambda: server.requests)


def until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)


def test_a_second_start_deploys_nothing_anew(stack: Stack, api: httpx.Client) -> None:
    deployed = (stack.home / "deployed.json").stat().st_mtime_ns

    stack.restart()

    assert api.get("/healthz").status_code == 200
    assert (stack.home / "deployed.json").stat().st_mtime_ns == deployed


def test_the_description_is_there_while_the_stack_is(stack: Stack) -> None:
    described = json.loads(stack.description.read_text("utf-8"))
    admin = described.pop("admin")
    assert (set(admin), admin["username"]) == ({"username", "password"}, "admin")
    described.pop("other", None)
    assert described == {
        "apiUrl": stack.url,
        "websocketUrl": None,
        "awsEndpointUrl": f"http://127.0.0.1:{stack.emulator_port}",
        "region": "us-east-1",
    }

    stack.stop()

    assert not stack.description.exists()
    stack.start()
