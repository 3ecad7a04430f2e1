"""Runs one flow on moto and counts what it did: AWS calls, invocations, state transitions."""

import logging
from collections import Counter
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from tests.support.calls import Call
from tests.support.stack import MotoStack, running_stack
from tests.support.template import synthesised

PATH = ("executions", "runner")
READS = {"DynamoDB.GetItem", "DynamoDB.Query", "DynamoDB.BatchGetItem"}


@dataclass(frozen=True)
class Counted:
    """One execution on a warm platform: its calls in order, and what Step Functions did.

    `setup` holds every call made before it, so that the two can be repeated elsewhere.
    """

    setup: list[Call]
    calls: list[Call]
    transitions: int
    invocations: int

    @property
    def operations(self) -> dict[str, int]:
        return dict(Counter(f"{call.function} {call.operation}" for call in self.calls))

    @property
    def reads(self) -> int:
        return sum(call.operation in READS for call in self.calls)


def count(text: str, *, key: str | None = None, child: str | None = None) -> Counted:
    """Save the flow, run it once to warm every cache, then count a second execution.

    `child` is a flow that it starts: what that one costs is counted with it.
    """
    logging.disable(logging.CRITICAL)
    with pytest.MonkeyPatch.context() as monkeypatch:
        running = running_stack(synthesised(), monkeypatch)
        stack = next(running)
        try:
            if child:
                stack.api("POST", "/api/v1/flows", {"yamlContent": child})
            return _count(stack, text, key)
        finally:
            next(running, None)


def _count(stack: MotoStack, text: str, key: str | None) -> Counted:
    flow = stack.api("POST", "/api/v1/flows", {"yamlContent": text}).body
    _execute(stack, flow["id"], f"{key}-warm" if key else None)
    setup, warm = stack.calls.all(), stack.invocations.copy()
    known = {run["name"] for run in stack.runs()}
    _execute(stack, flow["id"], key)
    stack.wait_until(lambda: all(run["status"] == "SUCCEEDED" for run in stack.runs()))
    calls = stack.calls.all()[len(setup) :]
    return Counted(
        setup=setup,
        calls=[call for call in calls if call.function in PATH],
        transitions=sum(
            _transitions(stack, run["name"]) for run in stack.runs() if run["name"] not in known
        ),
        invocations=sum(stack.invocations[name] - warm[name] for name in PATH),
    )


def _execute(stack: MotoStack, flow_id: str, key: str | None) -> str:
    headers = {"idempotency-key": key} if key else {}
    answer = stack.api("POST", f"/api/v1/flows/{flow_id}/execute", None, headers)
    execution_id = str(answer.body["executionId"])
    stack.wait_until(lambda: _run(stack, f"{execution_id}-1").get("status") == "SUCCEEDED")
    return execution_id


def _run(stack: MotoStack, name: str) -> dict[str, Any]:
    return next((run for run in stack.runs() if run["name"] == name), {})


def _transitions(stack: MotoStack, name: str) -> int:
    """States entered by a run, as AWS bills them."""
    history = boto3.client("stepfunctions").get_execution_history(
        executionArn=_run(stack, name)["executionArn"], maxResults=1000
    )
    return sum(event["type"].endswith("StateEntered") for event in history["events"])
