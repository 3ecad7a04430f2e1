"""Keys over HTTP and in flows: ends, locks, sizes, bad input, secrets, and a store out of reach."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.aftermath import table
from tests.support.fixtures import Finished
from tests.support.stack import Answer, MotoStack

PAST = "2020-01-01T00:00:00.000Z"


def put(stack: MotoStack, key: str, value: Any, **more: Any) -> Answer:
    return stack.api("PUT", f"/api/v1/kv/n/{key}", {"value": value, **more})


@pytest.mark.parametrize("value", ["x", 5.0, None, {"ü": [1, {"a": None}]}, "y" * 200_000])
def test_a_value_is_kept_replaced_and_forgotten(moto_stack: MotoStack, value: Any):
    put(moto_stack, "k", "before" * 1000)
    written = put(moto_stack, "k", value)

    assert (written.status, written.headers["etag"]) == (200, '"2"')
    found = moto_stack.api("GET", "/api/v1/kv/n/k")
    assert (found.status, found.body, found.headers["etag"]) == (200, written.body, '"2"')
    assert found.body == {
        "namespace": "n",
        "key": "k",
        "value": value,
        "version": 2,
        "expiresAt": None,
        "updatedAt": found.body["updatedAt"],
    }
    assert moto_stack.api("DELETE", "/api/v1/kv/n/k").status == 204
    gone = moto_stack.api("GET", "/api/v1/kv/n/k")
    assert (gone.status, gone.body["code"]) == (404, "key_not_found")
    assert moto_stack.api("DELETE", "/api/v1/kv/n/k").status == 404
    assert moto_stack.api("GET", "/api/v1/kv/n").body == []
    assert put(moto_stack, "k", 1).body["version"] == 4


def test_a_write_may_ask_for_the_version_that_was_read(moto_stack: MotoStack):
    path, tag = "/api/v1/kv/n/k", {"if-match": '"1"'}
    assert moto_stack.api("PUT", path, {"value": 1}, tag).status == 412
    put(moto_stack, "k", 1)
    assert moto_stack.api("PUT", path, {"value": 2}, tag).body["version"] == 2
    for method, body in (("PUT", {"value": 3}), ("DELETE", None)):
        refused = moto_stack.api(method, path, body, tag)
        assert (refused.status, refused.body["code"]) == (412, "precondition_failed")
    assert moto_stack.api("GET", path).body["value"] == 2


def test_a_write_may_ask_that_nothing_is_there_yet(moto_stack: MotoStack):
    path, only_new = "/api/v1/kv/n/k", {"if-none-match": "*"}
    first = moto_stack.api("PUT", path, {"value": 1}, only_new)
    second = moto_stack.api("PUT", path, {"value": 2}, only_new)
    assert [first.status, second.status] == [200, 412]
    assert second.body["code"] == "precondition_failed"
    assert moto_stack.api("PUT", path, {"value": 2}, {"if-none-match": '"1"'}).status == 400
    assert moto_stack.api("GET", path).body["value"] == 1
    moto_stack.api("DELETE", path)
    assert moto_stack.api("PUT", path, {"value": 3}, only_new).body["version"] == 3


@pytest.mark.timing
def test_of_two_that_make_a_key_at_once_one_does(moto_stack: MotoStack):
    def make(value: int) -> int:
        body = {"value": value}
        return moto_stack.api("PUT", "/api/v1/kv/n/lock", body, {"if-none-match": "*"}).status

    with ThreadPoolExecutor() as pool:
        assert sorted(pool.map(make, range(4))) == [200, 412, 412, 412]


def test_what_is_over_is_gone_before_dynamodb_removes_it(moto_stack: MotoStack):
    shown = put(moto_stack, "k", "x" * 5000, ttl="1h").body
    assert shown["expiresAt"] > shown["updatedAt"]
    assert put(moto_stack, "stays", 1, ttl=None).body["expiresAt"] is None
    table(moto_stack, "KV_TABLE_NAME").update_item(
        Key={"pk": "default#keys#n", "sk": "k"},
        UpdateExpression="SET expiresAt = :past",
        ExpressionAttributeValues={":past": PAST},
    )

    assert moto_stack.api("GET", "/api/v1/kv/n/k").status == 404
    assert [each["key"] for each in moto_stack.api("GET", "/api/v1/kv/n").body] == ["stays"]
    assert put(moto_stack, "k", 1).body["version"] == 2


def test_a_list_goes_page_by_page_without_values(moto_stack: MotoStack):
    for key in ("b", "a.1", "a.2", "a.3"):
        put(moto_stack, key, "x" * 3000)

    first = moto_stack.api("GET", "/api/v1/kv/n?prefix=a.&limit=2")
    assert [sorted(each) for each in first.body] == [
        ["expiresAt", "key", "updatedAt", "version"],
    ] * 2
    link = first.headers["link"].partition(">")[0].lstrip("<")
    second = moto_stack.api("GET", link)
    assert [each["key"] for each in (*first.body, *second.body)] == ["a.1", "a.2", "a.3"]
    elsewhere = moto_stack.api("GET", link.replace("prefix=a.", "prefix=b"))
    assert (elsewhere.status, elsewhere.body["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("N/k", {"value": 1}, "namespace"),
        ("system/k", {"value": 1}, "namespace"),
        ("n/.k", {"value": 1}, "key"),
        (f"n/{'k' * 251}", {"value": 1}, "key"),
        ("n/k", {}, "value"),
        ("n/k", {"value": "x" * 262_143}, "value"),
        ("n/k", {"value": 1, "ttl": 0}, "ttl"),
        ("n/k", {"value": 1, "ttl": []}, "ttl"),
        ("n/k", {"value": 1, "ttl": "2 months"}, "ttl"),
        ("n/k", {"value": 1, "key": "other"}, "key"),
        ("n/k", {"value": 1, "vale": 1}, "vale"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_place(
    moto_stack: MotoStack, path: str, body: Any, place: str
):
    answer = moto_stack.api("PUT", f"/api/v1/kv/{path}", body)

    assert (answer.status, answer.body["code"]) == (400, "invalid_request")
    assert [each["path"] for each in answer.body["errors"]] == [place]
    assert table(moto_stack, "KV_TABLE_NAME").scan()["Items"] == []


@pytest.mark.parametrize("query", ["?prefix=/", f"?prefix={'k' * 251}", "?limit=0", "?cursor=x"])
def test_a_list_of_what_cannot_be_is_refused(moto_stack: MotoStack, query: str):
    assert moto_stack.api("GET", f"/api/v1/kv/n{query}").status == 400


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_replacement_that_dies_leaves_the_old_value_or_the_new(
    moto_stack: MotoStack, number: int, when: str
):
    old, new = "o" * 5000, "n" * 5000
    put(moto_stack, "k", old)
    getattr(moto_stack.calls, f"crash_{when}")(number, "kv")
    with pytest.raises(SystemExit):
        put(moto_stack, "k", new)

    is_written = (number, when) == (2, "after")
    found = moto_stack.api("GET", "/api/v1/kv/n/k").body
    assert (found["value"], found["version"]) == ((new, 2) if is_written else (old, 1))
    assert put(moto_stack, "k", new).body["value"] == new
    assert len(table(moto_stack, "KV_TABLE_NAME").scan()["Items"]) == 2


def test_a_write_whose_key_changes_meanwhile_is_made_again(moto_stack: MotoStack):
    put(moto_stack, "k", 1)
    moto_stack.calls.meanwhile(2, "kv", lambda: put(moto_stack, "k", 2))

    assert put(moto_stack, "k", 3).body["version"] == 3
    assert moto_stack.api("GET", "/api/v1/kv/n/k").body["value"] == 3


COUNTING = """
name: counting
namespace: n
tasks:
  - name: all
    type: flow.foreach
    properties: {items: '{{ range(15) }}', concurrency: 0}
    tasks:
      - {name: one, type: core.kv, properties: {operation: increment, key: c, by: 0.1}}
  - {name: put, type: core.kv, properties: {operation: set, namespace: other, key: k, value: [1]}}
  - {name: keys, type: core.kv, properties: {operation: list}}
outputs:
  count: '{{ kv("c") }}'
  there: '{{ kv("k", "other") }}'
  keys: '{{ outputs.keys.keys }}'
  none: '{{ kv("none") }}'
"""


def test_increments_at_once_are_all_counted_exactly(moto_stack: MotoStack, run: Finished):
    seen = run(COUNTING)

    assert seen.execution["outputs"] == {
        "count": 1.5,
        "there": [1],
        "keys": ["c"],
        "none": None,
    }
    assert moto_stack.api("GET", "/api/v1/kv/n/c").body["version"] == 15


def test_a_secret_does_not_get_into_the_store(moto_stack: MotoStack, run: Finished):
    text = """
name: leaking
inputs: [{name: token, type: SECRET}]
tasks:
  - name: a
    type: core.kv
    properties: {operation: set, key: k, value: {auth: 'Bearer {{ inputs.token }}'}}
  - {name: b, type: core.kv, properties: {operation: set, key: '{{ inputs.token }}', value: 1},
     allowFailure: true}
"""
    seen = run(text, {"token": "s3cretS3cret"})

    assert seen.execution["status"] == "SUCCESS"
    [kept] = table(moto_stack, "KV_TABLE_NAME").scan()["Items"]
    assert kept["value"] == '{"auth":"Bearer ******"}'
    [failed] = [each for each in seen.tasks if each["taskName"] == "b"]
    assert failed["error"]["code"] == "invalid_value"


READING = """
name: reading
namespace: n
tasks:
  - {name: a, type: core.kv, properties: {operation: increment, key: c}}
  - {name: b, type: core.set, properties: {values: {x: '{{ kv("c") }}'}}}
outputs: {x: '{{ outputs.b.x }}'}
"""


@pytest.mark.parametrize("operation", ["GetItem", "TransactWriteItems"])
def test_a_store_out_of_reach_only_delays_a_flow(
    moto_stack: MotoStack, run: Finished, operation: str
):
    keys = moto_stack.environment["KV_TABLE_NAME"]
    busy: Any = {
        "Error": {"Code": "ThrottlingException", "Message": "busy"},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }
    moto_stack.calls.fail_next(
        ClientError(busy, operation),
        lambda call: call.operation.endswith(operation) and keys in str(call.parameters),
    )

    seen = run(READING)

    assert moto_stack.calls.has_failed
    assert seen.execution["outputs"] == {"x": 1}


@pytest.mark.proof
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_attempt_counts_once_wherever_its_turn_dies(
    moto_stack: MotoStack, create_flow: Any, execute: Any, when: str
):
    text = READING.replace("key: c", "key: '{{ execution.id }}'").replace('"c"', "execution.id")
    flow = create_flow(text)
    for number in range(1, 40):
        getattr(moto_stack.calls, f"crash_{when}")(number, "runner")
        execution_id = execute(flow["id"])
        detail = moto_stack.wait_for_execution(execution_id)
        has_crashed = moto_stack.calls.has_crashed
        moto_stack.calls.clear()

        assert detail["execution"]["outputs"] == {"x": 1}, (number, detail)
        assert moto_stack.api("GET", f"/api/v1/kv/n/{execution_id}").body["version"] == 1
        if not has_crashed:
            break
    assert 8 < number < 39
