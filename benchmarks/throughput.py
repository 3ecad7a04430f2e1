"""Executions a second on the local stack: over HTTP, from one caller and from many.

The emulator is no AWS: these figures compare versions on one machine, nothing else.
"""

import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx

from benchmarks.flows import chain, wide
from tests.support.local import Stack

CALLERS = (1, 20)
NUMBER = 100
PATIENCE_SECONDS = 600
OPEN = {"QUEUED", "RUNNING", "PAUSED"}


@dataclass(frozen=True)
class Throughput:
    """The figures of many executions of one task each, from the first request to the last end."""

    callers: int
    executions: int
    per_second: float
    start_p50_milliseconds: float
    start_p95_milliseconds: float


@dataclass(frozen=True)
class Local:
    """The figures measured on the local stack."""

    throughput: list[Throughput]
    twelve_waits_seconds: float
    """The time from start to end of an execution of twelve waits of 2 s side by side."""


def local() -> Local:
    with _client() as api:
        flow = _save(api, chain(1))
        _start(api, flow, 4, callers=4)  # warm
        return Local([_measure(api, flow, callers) for callers in CALLERS], _twelve_waits(api))


@contextmanager
def _client() -> Iterator[httpx.Client]:
    with tempfile.TemporaryDirectory() as home:
        stack = Stack(Path(home))
        stack.start()
        try:
            with httpx.Client(base_url=f"{stack.url}/api/v1", timeout=60) as api:
                yield api
        finally:
            stack.stop()


def _measure(api: httpx.Client, flow: str, callers: int) -> Throughput:
    started = time.monotonic()
    taken = _start(api, flow, NUMBER, callers=callers)
    seconds = time.monotonic() - started
    cuts = quantiles(taken, n=20)
    return Throughput(callers, NUMBER, NUMBER / seconds, 1000 * cuts[9], 1000 * cuts[18])


def _start(api: httpx.Client, flow: str, number: int, *, callers: int) -> list[float]:
    """Start so many and wait for all of them; return the seconds that each start took."""

    def start(_: int) -> float:
        before = time.monotonic()
        api.post(f"/flows/{flow}/execute").raise_for_status()
        return time.monotonic() - before

    with ThreadPoolExecutor(callers) as pool:
        taken = list(pool.map(start, range(number)))
    _wait(api, flow)
    return taken


def _twelve_waits(api: httpx.Client) -> float:
    flow = _save(api, wide(12, 2))
    api.post(f"/flows/{flow}/execute").raise_for_status()
    [execution] = _wait(api, flow)
    return float(execution["durationMs"]) / 1000


def _save(api: httpx.Client, text: str) -> str:
    answer = api.post("/flows", json={"yamlContent": text})
    return str(answer.raise_for_status().json()["id"])


def _wait(api: httpx.Client, flow: str) -> list[Any]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = api.get("/executions", params={"flowId": flow, "limit": "500"}).json()
        if not any(each["status"] in OPEN for each in found):
            return list(found)
        time.sleep(0.1)
    raise TimeoutError(f"some did not end within {PATIENCE_SECONDS} seconds")
