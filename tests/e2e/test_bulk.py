"""Many executions at once on the local stack: cancelled, retried, ended with their flow."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest

NAP = "tasks:\n  - {name: nap, type: flow.wait, properties: {duration: 1h}}\n"
FRAGILE = """
tasks:
  - name: check
    type: util.validate
    properties: {data: {of: '{{ execution.retryOf }}'}, schema: {properties: {of: {type: string}}}}
"""


def statuses(api: httpx.Client, flow: Any) -> Counter[str]:
    listed = api.get("/api/v1/executions", params={"flowId": flow["id"], "limit": 500}).json()
    return Counter(each["status"] for each in listed)


def until_they_are(api: httpx.Client, flow: Any, expected: dict[str, int]) -> None:
    deadline = time.monotonic() + 90
    while statuses(api, flow) != expected:
        assert time.monotonic() < deadline, statuses(api, flow)
        time.sleep(0.2)


def test_what_waits_is_cancelled_in_bulk_and_retried_in_bulk(
    api: httpx.Client, saved: Callable[[str], Any], finished: Callable[..., Any]
) -> None:
    flow, path = saved(NAP), "/api/v1/executions"
    for _ in range(30):
        api.post(f"/api/v1/flows/{flow['id']}/execute")
    until_they_are(api, flow, {"RUNNING": 30})

    cancel = api.post(f"{path}/cancel", json={"flowId": flow["id"]}).json()["executionId"]
    outputs = finished(cancel)["execution"]["outputs"]

    assert outputs == {"matched": 30, "done": 30, "skipped": 0, "failed": 0}
    until_they_are(api, flow, {"CANCELLED": 30})

    retry = api.post(f"{path}/retry", json={"flowId": flow["id"]}).json()["executionId"]
    assert finished(retry)["execution"]["outputs"]["done"] == 30
    until_they_are(api, flow, {"CANCELLED": 30, "RUNNING": 30})

    assert api.delete(f"/api/v1/flows/{flow['id']}").status_code == 204
    until_they_are(api, flow, {"CANCELLED": 60})


@pytest.mark.smoke
def test_what_failed_is_retried_once(
    api: httpx.Client, saved: Callable[[str], Any], finished: Callable[..., Any]
) -> None:
    flow = saved(FRAGILE)
    for _ in range(5):
        api.post(f"/api/v1/flows/{flow['id']}/execute")
    until_they_are(api, flow, {"FAILED": 5})

    for expected in (5, 0):
        body = {"flowId": flow["id"], "status": "FAILED"}
        retry = api.post("/api/v1/executions/retry", json=body).json()["executionId"]
        assert finished(retry)["execution"]["outputs"]["matched"] == expected
        until_they_are(api, flow, {"FAILED": 5, "SUCCESS": 5})
