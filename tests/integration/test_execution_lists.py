"""Lists of executions: every filter, in both orders, page by page, for two tenants."""

from typing import Any

import pytest

from shared.executions.models import Parent, Trigger
from shared.executions.store.repository import execution_repository
from tests.support.events import claims_of
from tests.support.executions.repository import execution_of
from tests.support.plans import plan_of, task
from tests.support.stack import MotoStack

BASE = "/api/v1/executions"
ACME, OTHER = (claims_of("ann", "viewer", tenant=each) for each in ("acme", "other"))
PLAN = plan_of(task("a"))
FLOW, UPSTREAM, TRIGGER = (f"01890000-0000-7000-8000-0000000000{n}" for n in ("f1", "aa", "bb"))

ROWS: list[dict[str, Any]] = [
    {"status": "SUCCESS", "labels": {"team": "red"}},
    {"status": "FAILED", "flowId": FLOW, "test": True},
    {"status": "TIMED_OUT", "namespace": "ops", "correlationId": "c-1"},
    {
        "status": "RUNNING",
        "parent": Parent(execution_id=UPSTREAM, task_name="t"),
        "trigger": Trigger(type="subflow", id=UPSTREAM),
        "triggerType": "subflow",
    },
    {
        "status": "FAILED",
        "retryOf": UPSTREAM,
        "trigger": Trigger(type="retry", id=UPSTREAM),
        "triggerType": "retry",
    },
    {"trigger": Trigger(type="cron", id=TRIGGER), "triggerType": "cron", "inputs": {"n": 1}},
    {"trigger": Trigger(type="cron", id=TRIGGER), "triggerType": "cron", "labels": {"team": "x"}},
]
"""What there is, oldest first: the first is number 0."""

FILTERS: dict[str, list[int]] = {
    "": [0, 1, 2, 3, 4, 5, 6],
    "status=FAILED": [1, 4],
    "status=FAILED,TIMED_OUT": [1, 2, 4],
    "status=FAILED&status=RUNNING": [1, 3, 4],
    "status=CANCELLED,PAUSED": [],
    "label=team:red": [0],
    "namespace=ops": [2],
    f"flowId={FLOW}": [1],
    "correlationId=c-1": [2],
    "test=true": [1],
    "test=false": [0, 2, 3, 4, 5, 6],
    f"parentId={UPSTREAM}": [3],
    f"retryOf={UPSTREAM}": [4],
    f"triggerId={UPSTREAM}": [3, 4],
    f"triggerId={TRIGGER}": [5, 6],
    f"triggerId={TRIGGER}&label=team:x": [6],
    f"triggerId={UPSTREAM}&triggerType=retry": [4],
    "triggerType=cron": [5, 6],
    "triggerType=webhook": [],
    "triggerType=manual&status=SUCCESS": [0],
    f"parentId={UPSTREAM}&retryOf={UPSTREAM}": [],
    f"retryOf={TRIGGER}": [],
    "since=2024-06-01T00:00:00Z&until=2024-06-01T00:00:00.004Z": [0, 1, 2, 3, 4],
}


def id_of(number: int) -> str:
    """An id of 2024-06-01, so many milliseconds after midnight."""
    return f"018fd118-{number + 0x9400:04x}-7000-8000-000000000001"


@pytest.fixture
def rows(moto_stack: MotoStack) -> MotoStack:
    """The executions of `acme`, and the same, under other ids, of `other`."""
    executions = execution_repository()
    for number, fields in enumerate(ROWS):
        for tenant, shift in (("acme", 0), ("other", 0x100)):
            made = execution_of(PLAN, tenant=tenant, id=id_of(number + shift), **fields)
            assert executions.add(made)
    return moto_stack


def pages(stack: MotoStack, path: str, claims: dict[str, str]) -> list[list[str]]:
    """The ids on each page, the links followed to the end."""
    found = []
    while path:
        answer = stack.api("GET", path, claims=claims)
        assert answer.status == 200, answer.body
        found.append([each["id"] for each in answer.body])
        path = answer.headers.get("link", "").partition(">")[0].lstrip("<")
    return found


@pytest.mark.parametrize("query", FILTERS)
def test_a_filter_finds_its_own_in_both_orders_page_by_page(rows: MotoStack, query: str):
    expected = [id_of(number) for number in FILTERS[query]]

    for order, wanted in (("newest", expected[::-1]), ("oldest", expected)):
        for view in ("", "&view=summary"):
            path = f"{BASE}?{query}&order={order}{view}"
            assert pages(rows, path, ACME) == [wanted]
            by_ones = pages(rows, f"{path}&limit=1", ACME)
            assert [each for page in by_ones for each in page] == wanted
            assert max(map(len, by_ones)) <= 1


def test_each_tenant_sees_its_own_only(rows: MotoStack):
    for query, numbers in FILTERS.items():
        if "since" not in query:
            [found] = pages(rows, f"{BASE}?{query}", OTHER)
            assert found == [id_of(number + 0x100) for number in numbers][::-1]


def test_a_cursor_leads_into_no_other_list(rows: MotoStack):
    """Whatever differs: tenant, filter or order."""
    link = rows.api("GET", f"{BASE}?triggerId={TRIGGER}&limit=1", claims=ACME).headers["link"]
    path = link.partition(">")[0].lstrip("<")

    assert rows.api("GET", path, claims=ACME).status == 200
    others = (
        (path, OTHER),
        (f"{path}&order=oldest", ACME),
        (path.replace("triggerId", "parentId"), ACME),
        (f"{path}&status=FAILED", ACME),
    )
    for other, claims in others:
        answer = rows.api("GET", other, claims=claims)
        assert (answer.status, answer.body["code"]) == (400, "invalid_cursor"), other


def test_a_list_is_read_by_queries_of_its_index_and_never_by_a_scan(rows: MotoStack):
    for query, index in (
        (f"retryOf={UPSTREAM}&flowId={FLOW}", "by-origin"),
        (f"parentId={UPSTREAM}", "by-origin"),
        (f"triggerId={TRIGGER}&status=FAILED", "by-origin"),
        ("triggerType=cron&test=true", "recent"),
        (f"flowId={FLOW}&triggerType=cron", "by-flow"),
    ):
        rows.calls.clear()
        assert rows.api("GET", f"{BASE}?{query}", claims=ACME).status == 200
        asked = [call for call in rows.calls.all() if call.operation.startswith("DynamoDB")]
        assert {call.operation for call in asked} <= {"DynamoDB.Query", "DynamoDB.BatchGetItem"}
        queries = [call for call in asked if call.operation == "DynamoDB.Query"]
        assert {call.parameters["IndexName"] for call in queries} == {index}


LEFT_OUT = {"inputs", "inputsUrl", "outputs", "outputsUrl"}


def test_summaries_leave_out_what_is_large_and_do_not_read_it(rows: MotoStack):
    whole = rows.api("GET", BASE, claims=ACME).body
    rows.calls.clear()
    brief = rows.api("GET", f"{BASE}?view=summary", claims=ACME).body

    assert all(set(each) >= LEFT_OUT for each in whole)
    assert brief == [
        {name: value for name, value in each.items() if name not in LEFT_OUT} for each in whole
    ]
    [call] = [each for each in rows.calls.all() if each.operation == "DynamoDB.BatchGetItem"]
    [asked] = call.parameters["RequestItems"].values()
    assert not {"inputs", "outputs", "secrets"} & set(asked["ExpressionAttributeNames"].values())


FAILING = """
name: failing
tasks:
  - {name: bad, type: core.set, properties: {values: {x: '{{ inputs.nothing }}'}}}
"""
PARENT = """
name: parent
tasks:
  - {name: each, type: flow.foreach, properties: {items: [1, 2]}, tasks: [
      {name: sub, type: flow.subflow,
       properties: {namespace: default, name: failing, transmitFailed: false}}]}
"""


def test_what_the_engine_starts_is_found_by_what_started_it(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    failing = create_flow(FAILING)
    parent_id = execute(create_flow(PARENT)["id"])
    moto_stack.wait_for_execution(parent_id)
    children = moto_stack.api("GET", f"{BASE}?parentId={parent_id}").body
    retry = moto_stack.api("POST", f"{BASE}/{children[0]['id']}/retry").body["executionId"]
    test = moto_stack.api("POST", f"/api/v1/flows/{failing['id']}/test", {}).body["executionId"]
    moto_stack.wait_for_execution(retry)
    moto_stack.wait_for_execution(test)

    def found(query: str) -> list[str]:
        return [each["id"] for each in moto_stack.api("GET", f"{BASE}?{query}").body]

    assert {each["parent"]["executionId"] for each in children} == {parent_id}
    assert len(children) == 2
    assert found(f"retryOf={children[0]['id']}") == [retry]
    assert found(f"triggerId={children[0]['id']}") == [retry]
    assert found(f"parentId={parent_id}&status=FAILED&order=oldest") == [
        *(each["id"] for each in reversed(children))
    ]
    assert found("test=true") == [test]

    bulk = {"parentId": parent_id, "status": ["FAILED", "TIMED_OUT"], "test": False}
    answer = moto_stack.api("POST", f"{BASE}/retry", bulk, {"Idempotency-Key": "k"})
    assert answer.status == 202, answer.body
    end = moto_stack.wait_for_execution(answer.body["executionId"])["execution"]
    assert end["outputs"] == {"matched": 1, "done": 1, "skipped": 0, "failed": 0}
    assert len(found(f"retryOf={children[1]['id']}")) == 1


def test_one_execution_and_its_tasks_are_read_as_summaries(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    execution_id = execute(create_flow(FAILING)["id"])
    whole = moto_stack.wait_for_execution(execution_id)
    path = f"{BASE}/{execution_id}"
    moto_stack.calls.clear()

    brief = moto_stack.api("GET", f"{path}?view=summary").body
    tasks = moto_stack.api("GET", f"{path}/tasks?view=summary&status=FAILED,SUCCESS").body

    for shown in (whole["execution"], *whole["tasks"]):
        for name in LEFT_OUT & set(shown):
            del shown[name]
    assert brief == whole
    assert tasks == brief["tasks"]
    assert moto_stack.api("GET", f"{path}/tasks?status=SUCCESS").body == []
    queries = [each for each in moto_stack.calls.all() if each.operation == "DynamoDB.Query"]
    assert all("ProjectionExpression" in each.parameters for each in queries[:2])


def test_what_has_not_changed_is_not_sent_again(
    moto_stack: MotoStack, create_flow: Any, execute: Any
):
    flow = create_flow(FAILING)
    execution_id = execute(flow["id"])
    moto_stack.wait_for_execution(execution_id)
    paths = (
        f"/api/v1/flows/{flow['id']}",
        f"/api/v1/flows/{flow['id']}/graph",
        f"/api/v1/flows/{flow['id']}/state-machine",
        f"{BASE}/{execution_id}",
        f"{BASE}/{execution_id}?view=summary",
        f"{BASE}/{execution_id}/results",
        "/api/v1/plugins/core.set",
        "/openapi.json",
    )
    for path in paths:
        first = moto_stack.api("GET", path)
        tag = first.headers["etag"]
        again = moto_stack.api("GET", path, headers={"If-None-Match": tag})
        assert (again.status, again.body, again.headers["etag"]) == (304, "", tag), path
        assert tag.startswith("W/") is (path != paths[0])

    tags = {"If-None-Match": moto_stack.api("GET", paths[0]).headers["etag"]}
    moto_stack.api("PUT", paths[0], {"description": "another"})
    assert moto_stack.api("GET", paths[0], headers=tags).status == 200
