"""The counts of one flow on moto: AWS calls, invocations, state transitions."""

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from shared.executions.engine import durable_tasks, turn
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


@contextmanager
def quiet_stack() -> Iterator[MotoStack]:
    """Yield an empty platform on moto that logs nothing.

    Turns look once a second whether they are still wanted, and how what ends outside stands: how
    often that is says how busy this machine is, and nothing of what an execution costs.
    """
    logging.disable(logging.CRITICAL)
    with pytest.MonkeyPatch.context() as monkeypatch:
        for module in (turn, durable_tasks):
            monkeypatch.setattr(module, "LOOK_SECONDS", 3_600.0)
        running = running_stack(synthesised(), monkeypatch)
        try:
            yield next(running)
        finally:
            next(running, None)
            logging.disable(logging.NOTSET)


def count(text: str, *, key: str | None = None, child: str | None = None) -> Counted:
    """Save the flow, run it once to warm every cache, then count a second execution.

    `child` is a flow that it starts: what that one costs is counted with it. A gate is approved,
    which is counted as well; looking for what there is to approve is not.
    """
    with quiet_stack() as stack:
        if child:
            stack.api("POST", "/api/v1/flows", {"yamlContent": child})
        return _count(stack, text, key)


def _count(stack: MotoStack, text: str, key: str | None) -> Counted:
    flow = stack.api("POST", "/api/v1/flows", {"yamlContent": text}).body
    asks = "flow.gate" in text
    _execute(stack, flow["id"], f"{key}-warm" if key else None, asks=asks)
    setup, warm = stack.calls.all(), stack.invocations.copy()
    known = {run["name"] for run in stack.runs()}
    decided = _execute(stack, flow["id"], key, asks=asks)
    stack.wait_until(lambda: all(run["status"] == "SUCCEEDED" for run in stack.runs()))
    calls = stack.calls.all()[len(setup) :]
    return Counted(
        setup=setup,
        calls=[call for call in calls if call.function in PATH or call in decided],
        transitions=sum(
            _transitions(stack, run["name"]) for run in stack.runs() if run["name"] not in known
        ),
        invocations=sum(stack.invocations[name] - warm[name] for name in PATH) + bool(decided),
    )


def _execute(stack: MotoStack, flow_id: str, key: str | None, *, asks: bool) -> list[Call]:
    """Run to the end; the calls that deciding took, where the flow asks for a decision."""
    headers = {"idempotency-key": key} if key else {}
    answer = stack.api("POST", f"/api/v1/flows/{flow_id}/execute", None, headers)
    execution_id = str(answer.body["executionId"])
    decided = _approve(stack, execution_id) if asks else []
    stack.wait_until(lambda: _run(stack, f"{execution_id}-1").get("status") == "SUCCEEDED")
    return decided


def _approve(stack: MotoStack, execution_id: str) -> list[Call]:
    approval = stack.wait_for_approval(execution_id)
    before = len(stack.calls.all())
    stack.api("POST", f"/api/v1/approvals/{approval['id']}/approve")
    return [call for call in stack.calls.all()[before:] if call.function == "approvals"]


def _run(stack: MotoStack, name: str) -> dict[str, Any]:
    return next((run for run in stack.runs() if run["name"] == name), {})


def _transitions(stack: MotoStack, name: str) -> int:
    """Return the number of states that a run entered, as AWS bills them."""
    return sum(event["type"].endswith("StateEntered") for event in history(_run(stack, name)))


def history(run: dict[str, Any]) -> list[Any]:
    """Return every event of a run's history."""
    pages = boto3.client("stepfunctions").get_paginator("get_execution_history")
    found = pages.paginate(executionArn=run["executionArn"])
    return [event for page in found for event in page["events"]]
