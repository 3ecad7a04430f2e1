"""Executions that start others: results, failures, recursion, cancellation, crashes."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.executions.lifecycle.subflows import subflows
from shared.executions.models import Execution
from shared.executions.task_runs import TaskRun, TaskStatus
from shared.executions.tasks.durable import Poll
from shared.expressions import Scope
from shared.plugins.sdk.plugin import PluginError
from tests.support.calls import Crash
from tests.support.stack import MotoStack

NOW = datetime(2030, 1, 2, tzinfo=UTC)

CHILD = """
name: child
inputs: [{name: n, type: INT}]
tasks:
  - {name: double, type: util.math, properties: {operation: mul, a: '{{ inputs.n }}', b: 2}}
outputs: {n: '{{ outputs.double.result }}'}
"""
PARENT = """
name: parent
tasks:
  - {name: sub, type: flow.subflow, properties: {namespace: default, name: child, inputs: {n: 21}}}
  - {name: after, type: core.set, properties: {values: {n: '{{ outputs.sub.outputs.n }}'}}}
outputs: {n: '{{ outputs.after.n }}'}
"""


def run(stack: MotoStack, execute: Any, flow: Any) -> Any:
    return stack.wait_for_execution(execute(flow["id"]))


def task_of(detail: Any, name: str) -> Any:
    return next(task for task in detail["tasks"] if task["taskName"] == name)


def test_a_parent_waits_for_its_child_and_reads_its_result(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    create_flow(CHILD)
    detail = run(moto_stack, execute, create_flow(PARENT))

    assert detail["execution"]["status"] == "SUCCESS"
    assert detail["execution"]["outputs"] == {"n": 42}
    outputs = json.loads(task_of(detail, "sub")["outputs"])
    assert outputs["status"] == "SUCCESS"
    child = moto_stack.api("GET", f"/api/v1/executions/{outputs['executionId']}").body["execution"]
    assert child["triggerType"] == "subflow"
    assert child["trigger"]["id"] == detail["execution"]["id"]
    assert child["parent"]["taskName"] == "sub"


def test_a_parent_that_does_not_wait_goes_on_at_once(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    create_flow(CHILD)
    flow = create_flow(
        PARENT.replace("{n: 21}}", "{n: 21}, wait: false}").split("  - {name: after")[0]
    )
    detail = run(moto_stack, execute, flow)

    assert detail["execution"]["status"] == "SUCCESS"
    child = json.loads(task_of(detail, "sub")["outputs"])["executionId"]
    assert moto_stack.wait_for_execution(child)["execution"]["status"] == "SUCCESS"


@pytest.mark.parametrize(("transmit", "status"), [("true", "FAILED"), ("false", "SUCCESS")])
def test_a_childs_failure_is_transmitted_unless_it_is_not(
    transmit: str, status: str, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    create_flow(
        "name: child\ntasks:\n  - {name: boom, type: util.validate, "
        "properties: {data: {}, schema: {required: [x], type: object}}}\n"
    )
    flow = create_flow(
        "name: parent\ntasks:\n  - {name: sub, type: flow.subflow, "
        f"properties: {{namespace: default, name: child, transmitFailed: {transmit}}}}}\n"
    )
    detail = run(moto_stack, execute, flow)

    assert detail["execution"]["status"] == status
    assert json.loads(task_of(detail, "sub")["outputs"])["status"] == "FAILED"


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ("{namespace: default, name: nobody}", "flow_not_found"),
        ("{flowId: 01890000-0000-7000-8000-000000000000}", "flow_not_found"),
        ("{namespace: default, name: child, inputs: {n: no}}", "invalid_inputs"),
        ("{namespace: default, name: off}", "flow_not_runnable"),
    ],
)
def test_a_subflow_that_cannot_start_fails_its_task(
    properties: str, code: str, moto_stack: MotoStack, create_flow: Any, execute: Any
):
    create_flow(CHILD)
    create_flow(
        "name: off\ndisabled: true\ntasks: [{name: a, type: core.set, properties: {values: {}}}]"
    )
    flow = create_flow(
        f"name: p\ntasks:\n  - {{name: sub, type: flow.subflow, properties: {properties}}}\n"
    )
    detail = run(moto_stack, execute, flow)

    assert detail["execution"]["error"]["code"] == code


def test_a_child_that_cannot_be_started_yet_is_started_later(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    create_flow(CHILD)
    flow = create_flow(PARENT)
    full = ClientError({"Error": {"Code": "ExecutionLimitExceeded"}}, "StartExecution")
    for _ in range(50):
        moto_stack.calls.fail_next(
            full,
            lambda call: (call.function, call.operation) == ("runner", "SFN.StartExecution"),
        )

    execution_id = execute(flow["id"])
    moto_stack.wait_until(lambda: moto_stack.is_parked(execution_id))
    moto_stack.calls.clear()
    moto_stack.invoke("reconcile", {"all": True})

    detail = moto_stack.wait_for_execution(execution_id)
    assert detail["execution"]["outputs"] == {"n": 42}
    assert [run["name"].rpartition("-")[2] for run in moto_stack.runs()] == ["1", "1"]


def test_recursion_ends(moto_stack: MotoStack, create_flow: Any, execute: Any):
    flow = create_flow(
        "name: self\ntasks:\n  - {name: again, type: flow.subflow, "
        "properties: {namespace: default, name: self}}\n"
    )

    detail = run(moto_stack, execute, flow)

    assert detail["execution"]["status"] == "FAILED"
    assert "flows inside each other" in detail["execution"]["error"]["message"]
    assert len(moto_stack.api("GET", "/api/v1/executions").body) == 11


SELF = """
name: self
concurrency: {limit: 1}
inputs: [{name: more, type: BOOLEAN, default: true}]
tasks:
  - name: again
    type: flow.subflow
    when: inputs.more
    properties: {namespace: default, name: self, wait: WAIT, inputs: {more: false}}
"""


def test_who_would_wait_for_a_child_that_waits_for_its_own_slot_fails_instead(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(SELF.replace("WAIT", "true"))

    detail = run(moto_stack, execute, flow)

    error = detail["execution"]["error"]
    assert (error["code"], error["taskName"]) == ("concurrency_limit", "again")
    assert len(moto_stack.api("GET", "/api/v1/executions").body) == 1


def test_a_child_that_nobody_waits_for_follows_in_the_same_slot(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(SELF.replace("WAIT", "false"))

    detail = run(moto_stack, execute, flow)

    assert detail["execution"]["status"] == "SUCCESS"
    [child, _] = moto_stack.api("GET", "/api/v1/executions").body
    ended = moto_stack.wait_for_execution(child["id"])["execution"]
    assert ended["status"] == "SUCCESS"


@pytest.mark.proof
def test_a_parent_may_die_at_every_call(moto_stack: MotoStack, create_flow: Any, execute: Any):
    create_flow(CHILD)
    flow = create_flow(PARENT)
    for number in range(1, 60):
        moto_stack.calls.clear()
        moto_stack.calls.crash_after(number)
        detail = run(moto_stack, execute, flow)
        assert detail["execution"]["status"] == "SUCCESS", number
        assert detail["execution"]["outputs"] == {"n": 42}
        if not moto_stack.calls.has_crashed:
            break
    else:
        pytest.fail("no end of calls")
    children = moto_stack.api("GET", "/api/v1/executions?limit=500").body
    assert sum(each["flowName"] == "child" for each in children) == number


NAP = """
name: nap
tasks:
  - {name: nap, type: flow.wait, properties: {duration: 1h}}
finally:
  - {name: tidy, type: core.set, properties: {values: {}}}
"""
CALLING = """
name: {name}
tasks:
  - {{name: sub, type: flow.subflow, properties: {{namespace: default, name: {child}}}}}
  - {{name: after, type: core.set, properties: {{values: {{}}}}}}
finally:
  - {{name: tidy, type: core.set, properties: {{values: {{}}}}}}
"""


@pytest.fixture
def three(moto_stack: MotoStack, create_flow: Any, execute: Any) -> Any:
    """An execution above one above one that waits; their ids, outermost first, once all run."""
    create_flow(NAP)
    create_flow(CALLING.format(name="middle", child="nap"))
    top = create_flow(CALLING.format(name="top", child="middle"))

    def start() -> list[str]:
        ids = [execute(top["id"])]
        for _ in range(2):
            moto_stack.wait_until(lambda: bool(child_of(moto_stack, ids[-1])))
            ids.append(child_of(moto_stack, ids[-1]))
        path = f"/api/v1/executions/{ids[-1]}"
        moto_stack.wait_until(
            lambda: bool(task_of(moto_stack.api("GET", path).body, "nap")["dueAt"])
        )
        return ids

    return start


def child_of(stack: MotoStack, execution_id: str) -> Any:
    detail = stack.api("GET", f"/api/v1/executions/{execution_id}").body
    outputs = task_of(detail, "sub")["outputs"]
    return json.loads(outputs)["executionId"] if outputs else None


def cancel(stack: MotoStack, execution_id: str) -> int:
    return stack.api("POST", f"/api/v1/executions/{execution_id}/cancel").status


def check_all_cancelled(stack: MotoStack, ids: list[str]) -> None:
    for each in ids:
        detail = stack.wait_for_execution(each)
        assert detail["execution"]["status"] == "CANCELLED"
        assert task_of(detail, "tidy")["status"] == "SUCCESS"


def test_a_cancel_reaches_children_and_theirs(moto_stack: MotoStack, three: Any):
    ids = three()

    assert cancel(moto_stack, ids[0]) == 202

    check_all_cancelled(moto_stack, ids)
    outputs = task_of(moto_stack.wait_for_execution(ids[0]), "sub")
    assert outputs["status"] == "CANCELLED"


def test_a_cancelled_child_fails_the_task_that_waits_for_it(moto_stack: MotoStack, three: Any):
    ids = three()

    assert cancel(moto_stack, ids[1]) == 202

    detail = moto_stack.wait_for_execution(ids[0])
    assert detail["execution"]["status"] == "FAILED"
    assert task_of(detail, "sub")["error"]["code"] == "subflow_cancelled"
    check_all_cancelled(moto_stack, ids[1:])


@pytest.mark.proof
@pytest.mark.parametrize("function", ["executions", "runner"])
def test_a_cancel_that_dies_at_any_call_still_reaches_all(
    function: str, moto_stack: MotoStack, three: Any
):
    for number in range(1, 80, 1 if function == "executions" else 4):
        ids = three()
        moto_stack.calls.clear()
        moto_stack.calls.crash_after(number, function)
        with suppress(Crash):
            cancel(moto_stack, ids[0])
        has_crashed = moto_stack.calls.has_crashed
        moto_stack.calls.clear()
        moto_stack.invoke("reconcile", {"all": True})
        if cancel(moto_stack, ids[0]) == 202:
            moto_stack.invoke("reconcile", {"all": True})
        check_all_cancelled(moto_stack, ids)
        if not has_crashed:
            return
    pytest.fail("no end of calls")


@pytest.mark.parametrize("where", ["timeout: 1s\n", ""])
def test_a_time_out_reaches_the_child(
    moto_stack: MotoStack, create_flow: Any, execute: Any, where: str
):
    create_flow(NAP)
    text = CALLING.format(name="top", child="nap")
    if not where:
        text = text.replace("type: flow.subflow,", "type: flow.subflow, timeout: 1s,")
    execution_id = execute(create_flow(text + where)["id"])
    moto_stack.wait_until(lambda: bool(child_of(moto_stack, execution_id)))
    child = child_of(moto_stack, execution_id)

    def has_ended() -> bool:
        moto_stack.ring_timers()  # one that comes early is set anew
        path = f"/api/v1/executions/{execution_id}"
        return bool(moto_stack.api("GET", path).body["execution"]["finishedAt"])

    moto_stack.wait_until(has_ended)

    detail = moto_stack.wait_for_execution(execution_id)
    assert detail["execution"]["status"] == ("TIMED_OUT" if where else "FAILED")
    check_all_cancelled(moto_stack, [child])


def test_a_turn_that_was_overtaken_by_a_cancel_can_start_no_child(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    """The cancel comes first: the child's place is taken by one that has ended."""
    flow = create_flow(NAP)
    parent = moto_stack.wait_for_execution(execute(create_flow(CHILD)["id"], {"inputs": {"n": 1}}))
    children = subflows(moto_stack.machine_arn)
    poll = Poll(
        execution=Execution(tenant="default", **parent["execution"]),
        key="sub",
        task_name="sub",
        attempt=1,
        run=None,
        properties={"flowId": flow["id"]},
        scope=Scope(roots={}, seed="", now=NOW),
        started_at=NOW,
        now=NOW,
    )

    children.cancel(poll)
    children.cancel(poll)
    step = children.step(poll)

    assert step.status == "FAILED"
    [child] = moto_stack.api("GET", f"/api/v1/executions?flowId={flow['id']}").body
    assert (child["status"], child["startedAt"]) == ("CANCELLED", None)
    assert not any(child["id"] in run["name"] for run in moto_stack.runs())


def test_a_child_that_is_kept_no_longer_is_not_started_again(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(NAP)
    parent = moto_stack.wait_for_execution(execute(create_flow(CHILD)["id"], {"inputs": {"n": 1}}))
    known = TaskRun(task_name="sub", task_type="flow.subflow", status=TaskStatus.RUNNING)
    poll = Poll(
        execution=Execution(tenant="default", **parent["execution"]),
        key="sub",
        task_name="sub",
        attempt=1,
        run=known,
        properties={"flowId": flow["id"]},
        scope=Scope(roots={}, seed="", now=NOW),
        started_at=NOW,
        now=NOW,
    )

    with pytest.raises(PluginError) as raised:
        subflows(moto_stack.machine_arn).step(poll)

    assert raised.value.code == "subflow_gone"
    assert moto_stack.api("GET", f"/api/v1/executions?flowId={flow['id']}").body == []


def test_a_child_that_failed_is_followed_by_another(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    create_flow("""
name: child
inputs: [{name: n, type: INT}]
tasks:
  - name: check
    type: util.validate
    properties: {data: '{{ inputs.n }}', schema: {type: number, minimum: 2}}
outputs: {n: '{{ inputs.n }}'}
""")
    flow = create_flow("""
name: parent
tasks:
  - name: sub
    type: flow.subflow
    retry: {maxAttempts: 3, delay: 100ms}
    properties: {namespace: default, name: child, inputs: {n: '{{ task.attempt }}'}}
outputs: {n: '{{ outputs.sub.outputs.n }}'}
""")

    detail = run(moto_stack, execute, flow)

    assert detail["execution"]["outputs"] == {"n": 2}
    assert task_of(detail, "sub")["attempt"] == 2
    children = moto_stack.api("GET", "/api/v1/executions?limit=500").body
    assert sorted(c["status"] for c in children if c["flowName"] == "child") == [
        "FAILED",
        "SUCCESS",
    ]
