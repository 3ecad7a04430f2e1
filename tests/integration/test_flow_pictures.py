"""What a flow becomes: its graph, and the state machine behind it."""

import json
from pathlib import Path
from typing import Any

from tests.support.stack import MotoStack

FLOW = """
name: drawn
tasks:
  - {name: a, type: core.set, dependsOn: [], properties: {values: {x: 1}}}
  - name: choose
    type: flow.if
    properties: {condition: '{{ outputs.a.x == 1 }}'}
    then:
      - {name: b, type: core.set, properties: {values: {}}}
      - {name: c, type: core.set, properties: {values: {}}}
errors: [{name: mend, type: core.set, properties: {values: {}}}]
"""
LATER = """
name: later
triggers: [{name: t, type: cron, config: {cron: 0 6 * * *}}]
tasks: [{name: a, type: util.log, properties: {message: x}}]
"""


def test_a_graph_shows_tasks_where_they_stand_and_what_they_wait_for(
    moto_stack: MotoStack, create_flow: Any
):
    flow = create_flow(FLOW)

    graph = moto_stack.api("GET", f"/api/v1/flows/{flow['id']}/graph").body

    assert (graph["flowId"], graph["revision"]) == (flow["id"], 1)
    assert [tuple(node.values()) for node in graph["nodes"]] == [
        ("a", "core.set", "main", None, None),
        ("choose", "flow.if", "main", None, None),
        ("b", "core.set", "main", "choose", "then"),
        ("c", "core.set", "main", "choose", "then"),
        ("mend", "core.set", "errors", None, None),
    ]
    assert [tuple(edge.values()) for edge in graph["edges"]] == [
        ("a", "choose", True),
        ("b", "c", False),
    ]


def test_the_state_machine_is_the_deployed_one_without_its_arns(
    moto_stack: MotoStack, create_flow: Any
):
    flow = create_flow(FLOW)

    machine = moto_stack.api("GET", f"/api/v1/flows/{flow['id']}/state-machine").body

    committed = Path(__file__).parents[2] / "infra" / "machines" / "one_segment.asl.json"
    assert machine == json.loads(committed.read_text("utf-8"))
    assert "arn:aws:lambda" not in json.dumps(machine)


def test_a_draft_that_cannot_run_has_no_graph(moto_stack: MotoStack, create_flow: Any):
    flow = create_flow(LATER, status="draft")

    for picture in ("graph", "state-machine"):
        answer = moto_stack.api("GET", f"/api/v1/flows/{flow['id']}/{picture}")
        assert (answer.status, answer.body["code"]) == (400, "not_supported_yet")
        assert answer.body["errors"][0]["line"] == 3
    assert moto_stack.api("GET", "/api/v1/flows/nonsense/graph").status == 404
