"""Test runs: any revision, drafts too, with mocks in the place of some tasks."""

from typing import Any

import pytest

from tests.support.stack import MotoStack

FLOW = """
name: orders
inputs: [{name: id, type: INT}]
tasks:
  - {name: fetch, type: http.request, properties: {url: 'https://shop.invalid/{{ inputs.id }}'}}
  - {name: rest, type: flow.wait, properties: {duration: 30d}}
  - name: each
    type: flow.foreach
    properties: {items: '{{ outputs.fetch.body.lines }}'}
    tasks: [{name: ship, type: http.request, properties: {url: 'https://shop.invalid/ship'}}]
  - {name: say, type: util.log, properties: {message: 'shipped {{ outputs.each.count }}'}}
outputs: {total: '{{ outputs.fetch.body.total }}'}
"""
LATER = """
name: later
triggers: [{name: t, type: cron, config: {cron: 0 6 * * *}}]
tasks: [{name: a, type: util.log, properties: {message: x}}]
"""
MOCKS = {
    "fetch": {"status_code": 200, "body": {"total": 7, "lines": [1, 2]}},
    "rest": {"waitedMs": 0},
    "ship": {"status_code": 202},
}


@pytest.fixture
def draft(create_flow: Any) -> Any:
    return create_flow(FLOW, status="draft")


@pytest.fixture
def tried(moto_stack: MotoStack, draft: Any) -> Any:
    """Run a test of the draft to its end."""

    def run(query: str = "", **body: Any) -> Any:
        sent = {"inputs": {"id": 5}, "mocks": MOCKS, **body}
        answer = moto_stack.api("POST", f"/api/v1/flows/{draft['id']}/test{query}", sent)
        if answer.status != 202:
            return answer
        return moto_stack.wait_for_execution(answer.body["executionId"])

    return run


def test_mocked_tasks_are_not_run_and_their_outputs_are_read(tried: Any):
    detail = tried()

    execution = detail["execution"]
    assert (execution["status"], execution["test"]) == ("SUCCESS", True)
    assert execution["outputs"] == {"total": 7}
    assert "mocks" not in execution
    statuses = [(each["taskName"], each["taskType"], each["status"]) for each in detail["tasks"]]
    assert statuses == [
        ("fetch", "http.request", "SUCCESS"),
        ("rest", "flow.wait", "SUCCESS"),
        ("each", "flow.foreach", "SUCCESS"),
        ("ship", "http.request", "SUCCESS"),
        ("ship", "http.request", "SUCCESS"),
        ("say", "util.log", "SUCCESS"),
    ]


def test_a_mock_stands_for_a_whole_container(tried: Any):
    detail = tried(mocks={**MOCKS, "each": {"count": 40}})

    assert detail["execution"]["status"] == "SUCCESS"
    assert detail["tasks"][-1]["outputs"] == '{"message":"shipped 40"}'


def test_a_mock_can_fail(tried: Any):
    error = {"code": "http_status", "message": "busy", "statusCode": 503}
    detail = tried(mocks={"fetch": {"error": error}})

    assert detail["execution"]["status"] == "FAILED"
    failed = detail["tasks"][0]["error"]
    assert {name: failed[name] for name in error} == error


@pytest.mark.parametrize(
    ("mocks", "path", "message"),
    [
        ({"fech": {}}, "mocks.fech", 'unknown task "fech", did you mean "fetch"?'),
        ({"fetch": {"error": {"cod": "x"}}}, "mocks.fetch.error.cod", 'unknown field "cod"'),
        ({"fetch": {"error": 5}}, "mocks.fetch.error", "must be a map, not a number"),
        (
            # A number that DynamoDB does not hold: such a run would never end.
            {"fetch": {"error": {"statusCode": int("123456789" * 5)}}},
            "mocks.fetch.error.statusCode",
            "less than or equal to 599",
        ),
        *(
            ({"fetch": {"error": {"statusCode": given}}}, "mocks.fetch.error.statusCode", said)
            for given, said in (
                ("4_04", "must be a whole number, not a string"),
                (True, "must be a whole number, not a boolean"),
                (404.0, "must be a whole number, not a number"),
            )
        ),
        ({"fetch": {"x": "y" * 60_000}}, "mocks", "take more than 50000 bytes"),
    ],
)
def test_a_wrong_mock_is_refused(mocks: Any, path: str, message: str, tried: Any):
    answer = tried(mocks=mocks)

    assert (answer.status, answer.body["code"]) == (400, "invalid_request")
    [problem] = answer.body["errors"]
    assert problem["path"] == path
    assert message in problem["message"]


def test_an_older_revision_can_be_tested(moto_stack: MotoStack, draft: Any, tried: Any):
    path = f"/api/v1/flows/{draft['id']}"
    text = FLOW.replace("shipped", "sent")
    assert moto_stack.api("PUT", path, {"yamlContent": text}).body["revision"] == 2

    old, new = tried("?revision=1"), tried()

    assert [each["execution"]["flowRevision"] for each in (old, new)] == [1, 2]
    assert old["tasks"][-1]["outputs"] == '{"message":"shipped 2"}'
    assert new["tasks"][-1]["outputs"] == '{"message":"sent 2"}'
    missing = tried("?revision=9")
    assert (missing.status, missing.body["code"]) == (404, "revision_not_found")


def test_a_draft_that_cannot_run_cannot_be_tested(moto_stack: MotoStack, create_flow: Any):
    flow = create_flow(LATER, status="draft")

    answer = moto_stack.api("POST", f"/api/v1/flows/{flow['id']}/test")

    assert (answer.status, answer.body["code"]) == (400, "not_supported_yet")
    unknown = moto_stack.api("POST", "/api/v1/flows/01890000-0000-7000-8000-000000000000/test")
    assert (unknown.status, unknown.body["code"]) == (404, "flow_not_found")


def test_a_key_makes_one_test_run(moto_stack: MotoStack, draft: Any):
    path = f"/api/v1/flows/{draft['id']}/test"
    body = {"inputs": {"id": 5}, "mocks": MOCKS}

    answers = [moto_stack.api("POST", path, body, {"idempotency-key": "k"}) for _ in range(2)]
    other = moto_stack.api("POST", f"{path}?revision=1", body, {"idempotency-key": "k"})

    assert answers[0].body == answers[1].body
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
