"""Processor time of our own code for one execution: that of a function, minus that inside boto.

Measured in this process, warm: the runner is called as Step Functions would call it, and what it
takes while `botocore` makes AWS calls is subtracted. moto stands for AWS, inside those calls.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import botocore.client
import pytest
from botocore.exceptions import ClientError

from benchmarks.counting import quiet_stack
from benchmarks.flows import chain
from tests.support.stack import MotoStack

ROUNDS = 15
BAR_MILLISECONDS = 5.0
"""The processor time that a warm handler may take, its AWS calls apart."""


@dataclass(frozen=True)
class Cpu:
    """Milliseconds of processor time, medians, besides AWS calls."""

    tasks: int
    start: float
    turn: float
    aws_calls: float
    """The time left out above: that of AWS calls in start and turn, moto included."""


class Meter:
    """The meter of this process's processor time outside of AWS calls."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.inside = 0.0
        call_aws: Callable[..., Any] = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]  # noqa: SLF001 - all calls pass here

        def timed(client: Any, operation: str, parameters: Any) -> Any:
            started = time.process_time()
            try:
                return call_aws(client, operation, parameters)
            finally:
                self.inside += time.process_time() - started

        monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", timed)

    def milliseconds(self, work: Callable[[], Any]) -> tuple[float, float]:
        """Return the processor time of `work` outside and inside of AWS calls."""
        self.inside, started = 0.0, time.process_time()
        work()
        whole = time.process_time() - started
        return 1000 * (whole - self.inside), 1000 * self.inside


def cpu(sizes: tuple[int, ...]) -> list[Cpu]:
    with quiet_stack() as stack, pytest.MonkeyPatch.context() as monkeypatch:
        meter = Meter(monkeypatch)
        return [_measure(stack, meter, tasks) for tasks in sizes]


def _measure(stack: MotoStack, meter: Meter, tasks: int) -> Cpu:
    flow = stack.api("POST", "/api/v1/flows", {"yamlContent": chain(tasks)}).body
    rounds = [_round(stack, meter, flow["id"]) for _ in range(ROUNDS + 1)][1:]
    start, turn, calls = (median(column) for column in zip(*rounds, strict=True))
    return Cpu(tasks, start, turn, calls)


def _round(stack: MotoStack, meter: Meter, flow_id: str) -> tuple[float, float, float]:
    """Measure one execution, whose turn we take ourselves: nothing else runs meanwhile."""
    throttled = ClientError({"Error": {"Code": "ThrottlingException"}}, "StartExecution")
    stack.calls.fail_next(throttled, lambda call: call.operation == "SFN.StartExecution")
    answers: list[Any] = []
    start, calls = meter.milliseconds(
        lambda: answers.append(stack.api("POST", f"/api/v1/flows/{flow_id}/execute"))
    )
    event = {
        "tenant": "default",
        "executionId": answers[0].body["executionId"],
        "generation": 1,
        "segment": "main",
        "machine": stack.machine_arn,
    }
    turn, more = meter.milliseconds(lambda: answers.append(stack.invoke("runner", event)))
    assert answers[1]["next"] == "done"  # noqa: S101 - or what was measured is something else
    return start, turn, calls + more
