"""A runner that dies after any AWS call: the execution still ends, each task recorded once."""

from collections import Counter
from typing import Any

import pytest

from tests.support.stack import MotoStack

pytestmark = pytest.mark.proof

TEN_TASKS = """
name: ten
tasks:
  - {name: t0, type: core.set, dependsOn: [], properties: {values: {id: '{{ uuid() }}', n: 0}}}
  - {name: t1, type: core.set, dependsOn: [t0], properties: {values: {n: '{{ outputs.t0.n + 1 }}'}}}
  - {name: t2, type: core.set, dependsOn: [t0], properties: {values: {n: '{{ outputs.t0.n + 2 }}'}}}
  - {name: t3, type: core.set, dependsOn: [t0], when: 'false', properties: {values: {n: 3}}}
  - {name: t4, type: util.log, dependsOn: [t1, t2, t3], properties: {message: '{{ outputs.t2.n }}'}}
  - {name: t5, type: util.validate, dependsOn: [t4], allowFailure: true,
     properties: {data: {}, schema: {type: object, required: [x]}}}
  - {name: t6, type: core.set, dependsOn: [t5], properties: {values: {at: '{{ now() }}'}}}
  - {name: t7, type: core.set, dependsOn: [t6], properties: {values: {n: 7}}}
  - {name: t8, type: core.set, dependsOn: [t6], properties: {values: {n: 8}}}
  - {name: t9, type: util.math, dependsOn: [t7, t8],
     properties: {operation: add, a: '{{ outputs.t7.n }}', b: '{{ outputs.t8.n }}'}}
outputs: {sum: '{{ outputs.t9.result }}'}
"""
EXPECTED = {f"t{n}": "SUCCESS" for n in range(10)} | {"t3": "SKIPPED", "t5": "FAILED"}
MAX_CALLS = 40
"""More calls than the runner makes; a flow this size needs about fifteen."""


def check_end(stack: MotoStack, execution_id: str) -> None:
    detail = stack.wait_for_execution(execution_id)
    assert detail["execution"]["status"] == "SUCCESS"
    assert detail["execution"]["outputs"] == {"sum": 15}
    assert {task["taskName"]: task["status"] for task in detail["tasks"]} == EXPECTED
    assert detail["execution"]["tasksExecuted"] == 9


def recorded(stack: MotoStack) -> Counter[str]:
    """How often a task's row was written, by its sort key."""
    return Counter(
        call.parameters["Item"]["sk"]
        for call in stack.calls.all()
        if call.function == "runner" and call.operation == "DynamoDB.PutItem"
    )


@pytest.mark.parametrize("kind", ["after", "before"])
def test_a_runner_may_die_at_every_call_it_makes(
    kind: str, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(TEN_TASKS)
    for number in range(1, MAX_CALLS):
        moto_stack.calls.clear()
        getattr(moto_stack.calls, f"crash_{kind}")(number)
        check_end(moto_stack, execute(flow["id"]))
        if not moto_stack.calls.has_crashed:
            break
    else:
        pytest.fail(f"the runner makes {MAX_CALLS} calls and more")
    assert number > 13


def test_a_repeated_turn_gives_uuid_and_now_the_same_values(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow("""
name: seeded
tasks:
  - {name: a, type: core.set, properties: {values: {id: '{{ uuid() }}', at: '{{ now() }}'}}}
""")
    moto_stack.calls.crash_before(5)

    detail = moto_stack.wait_for_execution(execute(flow["id"]))

    assert moto_stack.calls.has_crashed
    assert detail["execution"]["status"] == "SUCCESS"
    offered = [
        call.parameters["Item"]["outputs"]
        for call in moto_stack.calls.all()
        if call.operation == "DynamoDB.PutItem" and call.parameters["Item"]["sk"] == "task#a"
    ]
    assert len(set(offered)) == 1


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_a_start_that_dies_after_any_call_is_completed_by_the_same_key(
    number: int, moto_stack: MotoStack, create_flow: Any
):
    flow = create_flow(
        "{name: s, tasks: [{name: a, type: core.set, properties: {values: {x: 1}}}]}"
    )
    path = f"/api/v1/flows/{flow['id']}/execute"
    moto_stack.calls.crash_after(number, "executions")
    with pytest.raises(SystemExit):
        moto_stack.api("POST", path, None, {"idempotency-key": "k"})

    answers = [moto_stack.api("POST", path, None, {"idempotency-key": "k"}) for _ in range(2)]

    assert {answer.status for answer in answers} == {202}
    assert answers[0].body == answers[1].body
    assert answers[1].headers["idempotency-replayed"] == "true"
    detail = moto_stack.wait_for_execution(answers[0].body["executionId"])
    assert detail["execution"]["status"] == "SUCCESS"
    assert len(moto_stack.api("GET", "/api/v1/executions").body) == 1
    assert len(moto_stack.runs()) == 1
