"""A container that is tried again, on real parts: its rows, its children, its log."""

from typing import Any

from tests.support.stack import MotoStack

CHILD = """
name: child
tasks: [{name: c, type: core.set, properties: {values: {}}}]
"""
FLOW = """
name: again
tasks:
  - name: each
    type: flow.foreach
    retry: {maxAttempts: 2, delay: 1200ms}
    properties: {items: '{{ [task.attempt] }}'}
    tasks:
      - {name: line, type: util.log, properties: {message: 'item {{ item }}'}}
      - {name: sub, type: flow.subflow, properties: {namespace: default, name: child}}
      - {name: check, type: util.validate, properties: {data: '{{ item }}', schema: {minimum: 2}}}
  - {name: after, type: core.set, properties: {values: {n: '{{ outputs.each.results | length }}'}}}
"""


def test_a_loop_is_tried_again_as_a_whole(moto_stack: MotoStack, create_flow: Any, execute: Any):
    child = create_flow(CHILD)
    execution_id = execute(create_flow(FLOW)["id"])

    detail = moto_stack.wait_for_execution(execution_id)

    assert detail["execution"]["status"] == "SUCCESS"
    assert detail["execution"]["tasksExecuted"] == 5
    shown = [(run["taskName"], run["iteration"], run["attempt"]) for run in detail["tasks"]]
    assert shown == [
        ("each", None, 2),
        *((name, "0", 1) for name in ("line", "sub", "check")),
        ("after", None, 1),
    ]
    assert all(run["status"] == "SUCCESS" for run in detail["tasks"])
    children = moto_stack.api("GET", f"/api/v1/executions?flowId={child['id']}").body
    assert len({each["id"] for each in children}) == 2
    lines = moto_stack.api("GET", f"/api/v1/executions/{execution_id}/logs").body
    messages = [line["message"] for line in lines if line["taskName"] == "line"]
    assert messages == ["item 1", "item 2"]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
