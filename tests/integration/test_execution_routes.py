"""Executions as clients read them: detail, results, logs, lists."""

import time
from typing import Any
from urllib.parse import quote

import pytest

from shared.errors import InvalidCursorError
from shared.executions.filters import EVERY_RUN, ExecutionFilter, Partition
from shared.executions.store.indexes import execution_index
from shared.executions.views.logs import EVERY_LINE
from shared.flows.models import FlowFilter
from shared.paging import encode_cursor
from tests.support.fixtures import Finished
from tests.support.stack import MotoStack

FLOW = """
name: {name}
labels: {{team: red}}
tasks:
  - {{name: say, type: util.log, properties: {{message: hello}}}}
"""
BASE = "/api/v1/executions"


@pytest.fixture
def finished(moto_stack: MotoStack, create_flow: Any, execute: Any) -> Any:
    """Run a flow with a name, and answer its execution as the API shows it."""

    def run_named(name: str, body: Any = None, **headers: str) -> Any:
        path = f"/api/v1/flows?namespace=default&q={name}"
        known = moto_stack.api("GET", path).body
        flow = known[0] if known else create_flow(FLOW.format(name=name))
        execution_id = execute(flow["id"], body, **headers)
        return moto_stack.wait_for_execution(execution_id)["execution"]

    return run_named


def ids(answer: Any) -> list[str]:
    assert answer.status == 200, answer.body
    return [execution["id"] for execution in answer.body]


def test_a_finished_execution_tells_everything(run: Finished):
    seen = run(FLOW.format(name="f"))

    assert set(seen.execution) == {
        *("id", "flowId", "flowName", "namespace", "flowRevision", "status", "tasksTotal"),
        *("tasksExecuted", "currentTask", "inputs", "outputs", "labels", "triggerType", "trigger"),
        *(
            "inputsUrl",
            "outputsUrl",
            "parent",
            "correlationId",
            "error",
            "retryOf",
            "attempt",
            "dueAt",
            "test",
            "createdAt",
            "startedAt",
        ),
        *("finishedAt", "durationMs", "createdBy"),
    }
    assert seen.execution["labels"] == {"team": "red"}
    assert (
        seen.execution["createdAt"] <= seen.execution["startedAt"] <= seen.execution["finishedAt"]
    )
    assert seen.execution["durationMs"] >= 0
    [task] = seen.tasks
    assert task["outputs"] == '{"message":"hello"}'
    assert task["startedAt"].endswith("Z")


def test_tasks_come_in_the_order_of_the_text_whatever_order_they_ran_in(run: Finished):
    seen = run("""
name: order
tasks:
  - {name: zeta, type: core.set, dependsOn: [alpha], properties: {values: {}}}
  - {name: alpha, type: core.set, dependsOn: [], properties: {values: {}}}
""")

    assert [task["taskName"] for task in seen.tasks] == ["zeta", "alpha"]


def test_a_queued_execution_shows_what_is_to_come(moto_stack: MotoStack, create_flow: Any):
    flow = create_flow("""
name: waiting
tasks:
  - {name: a, type: core.set, properties: {values: {}}}
  - {name: b, type: core.set, properties: {values: {}}}
""")
    moto_stack.always_dies = True
    started = moto_stack.api("POST", f"/api/v1/flows/{flow['id']}/execute").body["executionId"]

    detail = moto_stack.api("GET", f"{BASE}/{started}").body

    assert detail["execution"]["status"] == "QUEUED"
    assert [task["status"] for task in detail["tasks"]] == ["PENDING", "WAITING"]
    assert [task["outputs"] for task in detail["tasks"]] == [None, None]


def test_results_come_when_the_execution_has_ended(moto_stack: MotoStack, create_flow: Any):
    flow = create_flow(FLOW.format(name="r"))
    moto_stack.always_dies = True
    started = moto_stack.api("POST", f"/api/v1/flows/{flow['id']}/execute").body["executionId"]

    answer = moto_stack.api("GET", f"{BASE}/{started}/results")

    assert (answer.status, answer.body["code"]) == (409, "execution_not_finished")


def test_a_failed_execution_tells_why(run: Finished):
    seen = run("""
name: broken
tasks:
  - {name: boom, type: util.validate, properties: {data: {}, schema: {type: object, required: [x]}}}
  - {name: after, type: util.log, properties: {message: never}}
""")

    assert seen.execution["status"] == "FAILED"
    assert seen.execution["error"]["taskName"] == "boom"
    assert seen.execution["error"]["status"] == "FAILED"
    assert seen.statuses() == {"boom": "FAILED", "after": "SKIPPED"}
    assert seen.results["finalOutput"] is None
    assert [step["status"] for step in seen.results["stepResults"]] == ["FAILED", "SKIPPED"]
    assert [(line["level"], line["taskName"]) for line in seen.logs] == [("ERROR", "boom")]


def test_logs_are_filtered_without_changing_their_numbers(moto_stack: MotoStack, run: Finished):
    seen = run("""
name: talk
tasks:
  - {name: a, type: util.log, properties: {message: one, level: DEBUG}}
  - {name: b, type: util.log, properties: {message: two, level: WARN}}
""")
    path = f"{BASE}/{seen.execution['id']}/logs"

    assert [line["message"] for line in seen.logs] == ["one", "two"]
    warnings = moto_stack.api("GET", f"{path}?level=WARN").body
    assert [(line["seq"], line["message"]) for line in warnings] == [(2, "two")]
    assert [x["message"] for x in moto_stack.api("GET", f"{path}?taskName=a").body] == ["one"]
    later = quote(seen.logs[1]["timestamp"])
    assert "two" in [x["message"] for x in moto_stack.api("GET", f"{path}?since={later}").body]
    assert moto_stack.api("GET", f"{path}?since=2100-01-01T00:00:00Z").body == []
    assert moto_stack.api("GET", f"{path}?level=LOUD").status == 400


@pytest.mark.parametrize(
    ("path", "has_outputs"), [("/logs", False), ("", True), ("/tasks", True), ("/results", True)]
)
def test_only_reads_that_show_outputs_ask_for_them(
    path: str, *, has_outputs: bool, moto_stack: MotoStack, run: Finished
):
    seen = run("""
name: talk
tasks:
  - {name: a, type: util.log, properties: {message: one}}
  - {name: b, type: core.set, properties: {values: {x: 1}}}
outputs: {x: '{{ outputs.b.x }}'}
""")
    moto_stack.calls.clear()

    answer = moto_stack.api("GET", f"{BASE}/{seen.execution['id']}{path}")

    [query] = [call for call in moto_stack.calls.all() if call.operation == "DynamoDB.Query"]
    names = query.parameters.get("ExpressionAttributeNames", {}).values()
    assert ("ProjectionExpression" not in query.parameters) is has_outputs
    assert "outputs" not in names
    assert answer.status == 200
    if path == "/logs":
        assert answer.body == seen.logs
        assert [line["message"] for line in answer.body] == ["one"]


def test_a_retry_is_announced_and_lines_say_of_which_attempt_they_are(run: Finished):
    seen = run("""
name: again
tasks:
  - name: check
    type: util.validate
    retry: {maxAttempts: 2, delay: 50ms}
    properties: {data: 1, schema: {type: string}}
""")

    [task] = seen.tasks
    assert [(line["attempt"], line["level"]) for line in seen.logs] == [
        (1, "ERROR"),
        (1, "WARN"),
        (2, "ERROR"),
    ]
    assert seen.logs[1]["message"].startswith("attempt 1 failed, the next is due at 20")
    assert task["attempt"] == 2


def test_outputs_that_do_not_fit_are_left_out_and_linked_to(moto_stack: MotoStack, run: Finished):
    tasks = "\n".join(
        f"  - {{name: t{n}, type: util.string, properties: "
        "{operation: repeat, value: '\"', times: 140000}}"
        for n in range(12)
    )
    seen = run(f"name: big\ntasks:\n{tasks}\n")

    left_out = [task for task in seen.tasks if task["outputs"] is None]
    assert seen.execution["status"] == "SUCCESS"
    assert 0 < len(left_out) < 12
    answer = moto_stack.api("GET", left_out[0]["outputsUrl"])
    assert len(answer.body[0]["outputs"]) > 140_000


def test_task_runs_come_in_pages_that_follow_one_another(moto_stack: MotoStack, run: Finished):
    seen = run("""
name: loop
tasks:
  - name: each
    type: flow.foreach
    properties: {items: [1, 2, 3, 4, 5]}
    tasks:
      - {name: one, type: core.set, properties: {values: {n: '{{ item }}'}}}
  - {name: last, type: core.set, properties: {values: {}}}
""")
    path, found = f"{BASE}/{seen.execution['id']}/tasks?limit=3", []
    while path:
        answer = moto_stack.api("GET", path)
        found += answer.body
        link = answer.headers.get("link", "<>")
        path = link[1 : link.index(">")]

    assert found == seen.tasks
    ones = moto_stack.api("GET", f"{BASE}/{seen.execution['id']}/tasks?taskName=one&limit=500")
    assert [each["iteration"] for each in ones.body] == ["0", "1", "2", "3", "4"]
    assert moto_stack.api("GET", f"{BASE}/{seen.execution['id']}/tasks?cursor=x").status == 400


def test_the_newest_come_first_and_pages_follow_one_another(moto_stack: MotoStack, finished: Any):
    made = [finished("pages")["id"] for _ in range(5)]

    first = moto_stack.api("GET", f"{BASE}?limit=2")
    link = first.headers["link"]
    second = moto_stack.api("GET", link[1 : link.index(">")])
    link = second.headers["link"]
    third = moto_stack.api("GET", link[1 : link.index(">")])

    assert ids(first) + ids(second) + ids(third) == made[::-1]
    assert "link" not in third.headers


def test_a_cursor_belongs_to_its_filters(moto_stack: MotoStack, finished: Any):
    for _ in range(2):
        finished("filters")
    link = moto_stack.api("GET", f"{BASE}?limit=1").headers["link"]

    answer = moto_stack.api("GET", link[1 : link.index(">")] + "&status=FAILED")

    assert answer.status == 400


FORGED = ["", "x", "-1", "1.5", "٣", "9" * 40, "0" * 37, "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz"]
NEVER = "ffffffff-ffff-7fff-bfff-ffffffffffff"


def test_a_forged_cursor_is_refused_by_every_list(moto_stack: MotoStack, finished: Any):
    execution_id = finished("forged")["id"]
    queries = {
        "/api/v1/flows": f"default/flows/{FlowFilter().model_dump_json()}",
        "/api/v1/approvals": "approvals/default/",
        BASE: f"executions/default/{ExecutionFilter()}",
        f"{BASE}/{execution_id}/tasks": f"executions/default/{execution_id}/tasks/{EVERY_RUN}",
        f"{BASE}/{execution_id}/logs": f"executions/default/{execution_id}/logs/{EVERY_LINE}",
    }
    for path, query in queries.items():
        position = "0" if execution_id in path else execution_id
        good = moto_stack.api("GET", f"{path}?cursor={encode_cursor(position, query)}")
        assert good.status == 200, (path, good.body)
        for forged in FORGED:
            answer = moto_stack.api("GET", f"{path}?cursor={encode_cursor(forged, query)}")
            assert (answer.status, answer.body["code"]) == (400, "invalid_cursor"), (path, forged)


@pytest.mark.usefixtures("moto_stack")
def test_a_cursor_outside_of_the_times_asked_for_is_refused():
    with pytest.raises(InvalidCursorError):
        execution_index().page_of_ids(
            Partition("recent", "default"), bounds=("0", "1"), limit=1, after=NEVER
        )


@pytest.mark.timing
def test_lists_are_filtered(moto_stack: MotoStack, finished: Any):
    one = finished("one", {"labels": {"run": "a"}}, **{"x-correlation-id": "c-1"})
    time.sleep(0.01)
    two = finished("two")

    def listed(query: str) -> list[str]:
        return ids(moto_stack.api("GET", f"{BASE}?{query}"))

    assert listed(f"flowId={one['flowId']}") == [one["id"]]
    assert listed("correlationId=c-1") == [one["id"]]
    assert listed("label=run:a") == [one["id"]]
    assert listed("label=team:red") == [two["id"], one["id"]]
    assert listed("status=SUCCESS&limit=500") == [two["id"], one["id"]]
    assert listed("status=FAILED") == []
    assert listed("namespace=elsewhere") == []
    assert listed(f"since={quote(two['createdAt'])}") == [two["id"]]
    assert listed(f"until={quote(one['createdAt'])}") == [one["id"]]
    assert listed(f"flowId={one['flowId']}&correlationId=c-2") == []


def test_a_rare_match_is_found_behind_many_others(moto_stack: MotoStack, finished: Any):
    rare = finished("common", {"labels": {"run": "rare"}})
    for _ in range(4):
        finished("common")

    assert ids(moto_stack.api("GET", f"{BASE}?label=run:rare&limit=1")) == [rare["id"]]
