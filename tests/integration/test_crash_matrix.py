"""A flow of everything durable, its runner dead at each AWS call in turn: the end is the same.

Delays are short of a second, so that the turn waits for them itself; that turns are cut by longer
ones, and die there, is what `tests/property/test_engine_laws.py` tries.
"""

import json
from typing import Any

import pytest

from tests.support.aftermath import check_nothing_left, check_settled_once
from tests.support.stack import MotoStack

pytestmark = pytest.mark.proof

CHILD = """
name: child
tasks: [{name: c, type: core.set, properties: {values: {n: 7}}}]
outputs: {n: '{{ outputs.c.n }}'}
"""
FLOW = """
name: everything
tasks:
  - name: loop
    type: flow.foreach
    dependsOn: []
    properties: {items: [1, 2], concurrency: 2}
    tasks: [{name: twice, type: util.math, properties: {operation: mul, a: '{{ item }}', b: 2}}]
  - name: choose
    type: flow.if
    dependsOn: [loop]
    properties: {condition: '{{ outputs.loop.count > 1 }}'}
    then: [{name: chosen, type: core.set, properties: {values: {x: 1}}}]
    else: [{name: never, type: core.set, properties: {values: {x: 1}}}]
  - name: flaky
    type: util.validate
    dependsOn: []
    retry: {maxAttempts: 2, delay: 50ms}
    properties: {data: '{{ task.attempt }}', schema: {minimum: 2}}
  - name: allowed
    type: util.validate
    dependsOn: [flaky]
    allowFailure: true
    properties: {data: 1, schema: {minimum: 2}}
  - name: poll
    type: flow.loop
    dependsOn: []
    properties: {until: index == 2, interval: 50ms}
    tasks: [{name: look, type: core.set, properties: {values: {n: '{{ index }}'}}}]
  - name: fan
    type: flow.foreach
    dependsOn: [allowed]
    allowFailure: true
    properties: {items: [1, 0, 2], collect: outputs.part.result}
    tasks: [{name: part, type: util.math, properties: {operation: div, a: 1, b: '{{ item }}'}}]
  - {name: pause, type: flow.wait, dependsOn: [], properties: {duration: 50ms}}
  - name: sub
    type: flow.subflow
    dependsOn: [pause]
    properties: {namespace: default, name: child}
  - name: broken
    type: util.validate
    dependsOn: [sub, allowed, choose]
    properties: {data: 1, schema: {minimum: '{{ outputs.sub.outputs.n }}'}}
  - {name: behind, type: core.set, dependsOn: [broken], properties: {values: {}}}
errors: [{name: mourn, type: core.set, properties: {values: {of: '{{ error.taskName }}'}}}]
finally:
  - name: last
    type: core.set
    properties:
      values:
        fan: '{{ outputs.fan }}'
        ends: '{{ [tasks.fan.status, tasks.behind.status, execution.status, error.code] }}'
"""
EXPECTED = {
    "loop": "SUCCESS",
    "twice": "SUCCESS",
    "poll": "SUCCESS",
    "look": "SUCCESS",
    "choose": "SUCCESS",
    "chosen": "SUCCESS",
    "never": "SKIPPED",
    "flaky": "SUCCESS",
    "allowed": "FAILED",
    "fan": "FAILED",
    "part": "SKIPPED",
    "pause": "SUCCESS",
    "sub": "SUCCESS",
    "broken": "FAILED",
    "behind": "SKIPPED",
    "mourn": "SUCCESS",
    "last": "SUCCESS",
}
PARTS = [("0", "SUCCESS"), ("1", "FAILED"), ("2", "SKIPPED")]
TOLD = {
    "fan": {
        "count": 3,
        "failed": 1,
        "results": [1, None, None],
        "errors": [
            {
                "index": 1,
                "key": None,
                "taskName": "part",
                "code": "division_by_zero",
                "message": "division by zero",
            }
        ],
    },
    "ends": ["FAILED", "SKIPPED", "FAILED", "validation_failed"],
}
MAX_CALLS = 120


def check_end(stack: MotoStack, execution_id: str) -> None:
    detail = stack.wait_for_execution(execution_id)
    assert {task["taskName"]: task["status"] for task in detail["tasks"]} == EXPECTED
    assert detail["execution"]["status"] == "FAILED"
    assert detail["execution"]["error"]["taskName"] == "broken"
    assert detail["execution"]["tasksExecuted"] == 13
    [poll] = [task for task in detail["tasks"] if task["taskName"] == "poll"]
    assert json.loads(poll["outputs"])["rounds"] == 3
    rounds = [task["iteration"] for task in detail["tasks"] if task["taskName"] == "look"]
    assert rounds == ["0", "1", "2"]
    rows = detail["tasks"]
    parts = [(row["iteration"], row["status"]) for row in rows if row["taskName"] == "part"]
    assert parts == PARTS
    assert json.loads(rows[-1]["outputs"]) == TOLD
    attempts = {task["taskName"]: task["attempt"] for task in detail["tasks"]}
    assert attempts["flaky"] == 2


@pytest.mark.parametrize(("kind", "step"), [("after", 1), ("before", 5)])
def test_a_runner_may_die_at_every_call_of_a_flow_with_everything(
    kind: str, step: int, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    # One thread makes all calls: to die before one is, for AWS, to die after the one before it.
    create_flow(CHILD)
    flow = create_flow(FLOW)
    for number in range(1, MAX_CALLS, step):
        moto_stack.calls.clear()
        getattr(moto_stack.calls, f"crash_{kind}")(number)
        execution_id = execute(flow["id"])
        check_end(moto_stack, execution_id)
        check_settled_once(moto_stack, execution_id)
        if not moto_stack.calls.has_crashed:
            break
    assert not moto_stack.calls.has_crashed
    assert number > 30
    check_nothing_left(moto_stack)
