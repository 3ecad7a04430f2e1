"""Idempotency keys of the POSTs that start nothing: done once, answered again, told when wrong."""

import json
import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from shared.idempotency.responses import RequestAttempt, ResponseRepository, StoredResponse
from shared.times import utc_now
from tests.support.posts import POSTS, SET, create, deactivate, kept, let_lapse
from tests.support.stack import Answer, MotoStack

QUERY = "DynamoDB.Query"
GET, PUT = "DynamoDB.GetItem", "DynamoDB.PutItem"
UPDATE, DELETE = "DynamoDB.UpdateItem", "DynamoDB.DeleteItem"
TRANSACT = "DynamoDB.TransactWriteItems"
WAKE = ["DynamoDB.UpdateItem", "SFN.SendTaskSuccess"]
WITHOUT_A_KEY = {
    "create": [GET, TRANSACT],
    "activate": [GET, GET, TRANSACT],
    "deactivate": [GET, GET, TRANSACT],
    "draft": [GET, GET, TRANSACT],
    "restore": [GET, GET, GET, TRANSACT],
    "clone": [GET, GET, GET, TRANSACT],
    "import_renamed": [QUERY, GET, TRANSACT],
    "import_replacing": [GET, GET, GET, GET, TRANSACT],
    "approve": [GET, TRANSACT, *WAKE, GET],
    "reject": [GET, TRANSACT, *WAKE, GET],
    "cancel": [GET, UPDATE, "SFN.StopExecution", "SFN.StartExecution"],
    "cancel_waiting": [GET, TRANSACT],
}
WITH_A_KEY = {
    **{name: [PUT, *calls] for name, calls in WITHOUT_A_KEY.items()},
    "approve": [PUT, GET, TRANSACT, *WAKE],
    "reject": [PUT, GET, TRANSACT, *WAKE],
    "cancel": [PUT, GET, TRANSACT, "SFN.StopExecution", "SFN.StartExecution"],
}


def code(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body["code"]


def throttle(stack: MotoStack, operation: str) -> None:
    error = ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, operation)
    stack.calls.fail_next(error, lambda call: call.operation == operation)


@pytest.mark.parametrize("name", POSTS)
def test_the_same_key_gives_the_same_answer_and_does_nothing_more(name: str, moto_stack: MotoStack):
    post = POSTS[name](moto_stack)

    first, again = post.send(), post.send()

    assert (first.status, again.status) == (post.status, post.status), first.body
    assert again.body == first.body
    assert "idempotency-replayed" not in first.headers
    assert again.headers.pop("idempotency-replayed") == "true"
    own = {"x-request-id", "date"}
    assert {n: v for n, v in again.headers.items() if n not in own} == {
        n: v for n, v in first.headers.items() if n not in own
    }
    assert post.times() == 1


@pytest.mark.parametrize("name", POSTS)
def test_a_request_without_a_key_makes_no_call_more_and_one_with_a_key_one(
    name: str, moto_stack: MotoStack
):
    calls = {}
    for key in (False, True):
        post = POSTS[name](moto_stack)
        if not key:
            post.headers = {}
        moto_stack.calls.clear()
        assert post.send().status == post.status
        calls[key] = moto_stack.calls.of(post.function)

    assert calls[False] == WITHOUT_A_KEY[name]
    assert calls[True] == WITH_A_KEY[name]


def test_a_replay_is_one_call(moto_stack: MotoStack):
    post = create(moto_stack)
    post.send()
    moto_stack.calls.clear()

    assert post.send().headers["location"].startswith("/api/v1/flows/")
    assert moto_stack.calls.of("flows") == [PUT]


def test_a_keyed_answer_looks_as_one_without_a_key(moto_stack: MotoStack):
    post = create(moto_stack)
    made = post.send()

    read = moto_stack.api("GET", made.headers["location"])

    assert json.dumps(made.body) == json.dumps(read.body)
    assert made.headers["content-type"] == read.headers["content-type"]
    assert made.headers["etag"] == read.headers["etag"] == '"1"'


def test_another_payload_is_refused_before_it_is_checked(moto_stack: MotoStack):
    post = create(moto_stack)
    post.send()

    assert code(post.send(body={"nonsense": 1})) == (422, "idempotency_key_reused")
    assert post.times() == 1


def test_a_precondition_is_part_of_the_payload(moto_stack: MotoStack):
    post = deactivate(moto_stack)
    post.send()

    post.headers["if-match"] = '"1"'

    assert code(post.send()) == (422, "idempotency_key_reused")


def test_no_body_is_the_same_payload_as_an_empty_one(moto_stack: MotoStack):
    post = POSTS["approve"](moto_stack)

    first, again = post.send(body=None), post.send(body={})

    assert again.body == first.body
    assert again.headers["idempotency-replayed"] == "true"


def test_a_key_counts_for_one_path(moto_stack: MotoStack):
    one, other = deactivate(moto_stack), deactivate(moto_stack)
    other.headers = one.headers

    assert "idempotency-replayed" not in one.send().headers
    assert "idempotency-replayed" not in other.send().headers
    assert (one.times(), other.times()) == (1, 1)


@pytest.mark.parametrize("path", ["/api/v1/flows", f"/api/v1/flows/{'é' * 1000}/activate"])
def test_a_refusal_is_not_remembered(path: str, moto_stack: MotoStack):
    key = {"idempotency-key": "k"}

    assert 400 <= moto_stack.api("POST", path, {"yamlContent": "x"}, key).status <= 404
    assert kept(moto_stack) == []
    if path == "/api/v1/flows":
        body = {"yamlContent": f"name: a\n{SET}"}
        assert moto_stack.api("POST", path, body, key).status == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "é"])
@pytest.mark.parametrize("name", ["create", "deactivate"])
def test_a_bad_key_is_refused(name: str, key: str, moto_stack: MotoStack):
    post = POSTS[name](moto_stack)
    post.headers = {"idempotency-key": key}

    assert code(post.send()) == (400, "invalid_idempotency_key")
    assert post.times() == 0


@pytest.mark.parametrize("name", POSTS)
def test_a_duplicate_in_flight_is_told_when_to_come_again(name: str, moto_stack: MotoStack):
    post = POSTS[name](moto_stack)
    seen: dict[str, Answer] = {}

    def meanwhile() -> None:
        seen["same"] = post.send()
        seen["other"] = post.send(body={"comment": "another"})

    moto_stack.calls.meanwhile(2, post.function, meanwhile)
    first = post.send()

    assert first.status == post.status
    assert code(seen["same"]) == (409, "idempotency_in_progress")
    assert 1 <= int(seen["same"].headers["retry-after"]) <= 31
    if name in {"create", "approve", "reject"}:  # the others have no body
        assert code(seen["other"]) == (422, "idempotency_key_reused")
    assert post.send().body == first.body
    assert post.times() == 1


@pytest.mark.timing
def test_who_comes_when_told_is_not_told_to_wait_again(moto_stack: MotoStack):
    moto_stack.timeouts["flows"] = 0
    post = create(moto_stack)
    moto_stack.calls.crash_after(1, "flows")
    with pytest.raises(SystemExit):
        post.send()

    told = post.send()
    if told.status == 409:  # not on a machine that took a second until here
        time.sleep(int(told.headers["retry-after"]))
        told = post.send()

    assert told.status == 201


def test_a_late_repeat_undoes_nothing_that_came_after(moto_stack: MotoStack):
    post = POSTS["activate"](moto_stack)
    first = post.send()
    path = post.path.removesuffix("/activate")
    assert moto_stack.api("POST", f"{path}/deactivate").status == 200

    again = post.send()

    assert again.body == first.body
    assert moto_stack.api("GET", path).body["status"] == "inactive"


def test_a_flow_that_was_deleted_is_not_made_again(moto_stack: MotoStack):
    post = create(moto_stack)
    made = post.send()
    assert moto_stack.api("DELETE", made.headers["location"]).status == 204

    assert post.send().body == made.body
    assert post.times() == 0


def test_an_answer_is_kept_for_a_day(moto_stack: MotoStack):
    post = deactivate(moto_stack)
    post.send()
    [item] = kept(moto_stack)
    day = int(item["expiresAt"]) - utc_now().timestamp()
    assert 24 * 3600 - 60 <= day <= 24 * 3600
    assert set(item) == {"id", "fingerprint", "answer", "expiresAt"}

    answers(moto_stack).update_item(
        Key={"id": item["id"]},
        UpdateExpression="SET expiresAt = :past",
        ExpressionAttributeValues={":past": 1},
    )

    assert code(post.send()) == (409, "flow_transition")


@pytest.mark.parametrize("name", ["create", "approve", "cancel"])
def test_an_effect_whose_answer_from_aws_was_lost_is_told_by_the_next_try(
    name: str, moto_stack: MotoStack
):
    post = POSTS[name](moto_stack)
    lost = ReadTimeoutError(endpoint_url="https://dynamodb.example")
    moto_stack.calls.lose_next(lost, lambda call: call.operation == TRANSACT)

    assert code(post.send()) == (503, "unavailable")
    assert post.times() == 1
    again = post.send()

    assert again.status == post.status
    assert again.headers["idempotency-replayed"] == "true"
    assert post.times() == 1


@pytest.mark.parametrize("operation", [PUT, TRANSACT])
def test_a_busy_table_is_a_503_that_the_same_key_completes(operation: str, moto_stack: MotoStack):
    post = create(moto_stack)
    throttle(moto_stack, operation)

    assert code(post.send()) == (503, "unavailable")
    assert post.send().status == 201
    assert post.times() == 1


def test_a_refusal_that_cannot_be_forgotten_is_told_all_the_same(moto_stack: MotoStack):
    post = POSTS["activate"](moto_stack)
    post.path = post.path.replace("activate", "draft")
    throttle(moto_stack, DELETE)

    assert code(post.send()) == (409, "flow_transition")
    assert code(post.send()) == (409, "idempotency_in_progress")
    let_lapse(moto_stack)
    assert code(post.send()) == (409, "flow_transition")


def test_a_cancel_of_what_is_being_cancelled_is_remembered_too(moto_stack: MotoStack):
    post = POSTS["cancel"](moto_stack)
    moto_stack.always_dies = True  # so that it is not settled yet when it is cancelled again
    assert moto_stack.api("POST", post.path).status == 202

    first = post.send()
    moto_stack.always_dies = False
    moto_stack.invoke("reconcile", {"all": True})
    moto_stack.wait_for_execution(first.body["executionId"])

    assert first.status == 202
    assert post.send().body == first.body


def answers(stack: MotoStack) -> Any:
    return boto3.resource("dynamodb").Table(stack.environment["IDEMPOTENCY_TABLE_NAME"])


def test_a_claim_that_the_sdk_put_twice_is_the_attempts_own(moto_stack: MotoStack):
    repository, now = ResponseRepository(answers(moto_stack)), utc_now()
    mine = RequestAttempt("scope", "payload", "mine", now, now)
    late = RequestAttempt("scope", "payload", "late", now, now.replace(year=2100))

    assert repository.claim(late) is None
    assert repository.claim(late) is None
    assert repository.forget(mine) is False
    repository.keep(late, StoredResponse(200, {}, "{}"))
    assert repository.claim(mine) == StoredResponse(200, {}, "{}")
    assert repository.forget(late) is False
