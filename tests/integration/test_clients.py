"""Machine clients over HTTP: made, listed, logged in, rotated, deleted."""

import io
import zlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest

from functions.auth.handler import app as auth_app
from shared.auth.clients.attempts import MAX_WRONG
from shared.auth.clients.tokens import ClientTokens, client_tokens
from shared.auth.users.tokens import claims_in
from tests.support.clients import (
    ADMIN,
    CLIENTS,
    ask_for_client,
    delete,
    in_pool,
    let_pass,
    listed,
    made,
    marks,
    rotate,
    rows,
    sweep,
    table,
    token,
)
from tests.support.events import claims_of
from tests.support.stack import MotoStack, forget_factories
from tests.support.users import code, refused_by_cognito

UNKNOWN = {"clientId": "01890000-0000-7000-8000-000000000000", "clientSecret": "x"}
INITIATE = "Cognito Identity Provider.AdminInitiateAuth"
GET, UPDATE = "DynamoDB.GetItem", "DynamoDB.UpdateItem"
DETAILS = ("type", "title", "status", "detail", "code")
DAY = timedelta(hours=24)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def pauses(moto_stack: MotoStack, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What logins would have slept, in place of sleeping."""
    found: list[float] = []
    assert moto_stack

    def waking() -> ClientTokens:
        return replace(client_tokens(), sleep=found.append)

    overrides: dict[Any, Any] = auth_app.dependency_overrides
    monkeypatch.setitem(overrides, client_tokens, waking)
    return found


def test_a_client_that_an_admin_makes_can_log_in_and_call(moto_stack: MotoStack):
    answer = ask_for_client(moto_stack, "Billing.v2", "editor")

    assert answer.status == 201, answer.body
    assert answer.headers["etag"] == '"1"'
    client = answer.body
    assert {name: client[name] for name in ("name", "role", "createdBy", "lastUsedAt")} == {
        "name": "billing.v2",
        "role": "editor",
        "createdBy": "root",
        "lastUsedAt": None,
    }
    assert client.keys() == {
        *("clientId", "name", "role", "createdAt", "createdBy", "lastUsedAt", "clientSecret")
    }
    session = token(moto_stack, client)
    assert session.status == 200, session.body
    assert session.body.keys() == {"token", "tokenType", "expiresIn"}
    assert (session.body["tokenType"], session.body["expiresIn"]) == ("Bearer", 3600)
    me = moto_stack.api("GET", "/api/v1/me", claims=claims_in(session.body["token"])).body
    assert (me["username"], me["kind"]) == ("client:billing.v2", "client")
    assert (me["role"], me["tenant"], me["groups"]) == ("editor", "acme", [])


def test_secrets_are_of_256_bits_and_stored_nowhere(moto_stack: MotoStack, logged: io.StringIO):
    clients = [
        ask_for_client(moto_stack, f"c{number}", headers={"idempotency-key": "k"} if number else {})
        for number in range(2)
    ]
    bodies = [each.body for each in clients]
    bodies.append(rotate(moto_stack, bodies[0], {"idempotency-key": "k"}).body)
    for each in bodies:
        assert token(moto_stack, each).status == 200
        token(moto_stack, each, each["clientSecret"][:-1])

    secrets = {each["clientSecret"] for each in bodies}
    assert len(secrets) == 3
    assert {len(each) for each in secrets} == {43}
    stored = str(rows(moto_stack)) + str(_answers(moto_stack))
    assert '"request"' in logged.getvalue()
    for secret in secrets:
        assert secret[:-1] not in stored
        assert secret[:-1] not in logged.getvalue()


def _answers(stack: MotoStack) -> list[Any]:
    name = stack.environment["IDEMPOTENCY_TABLE_NAME"]
    found = stack._dynamodb.scan(TableName=name)["Items"]
    return [zlib.decompress(each["answer"]["B"]) for each in found if "answer" in each]


def test_names_are_unique_in_a_tenant_in_lower_case(moto_stack: MotoStack):
    made(moto_stack, "billing")

    assert code(ask_for_client(moto_stack, "BILLING")) == (409, "client_name_taken")
    body = {"name": "billing", "role": "admin"}
    elsewhere = claims_of("boss", "admin", tenant="other")
    other = moto_stack.api("POST", CLIENTS, body, claims=elsewhere)
    assert other.status == 201
    claims = claims_in(token(moto_stack, other.body).body["token"])
    me = moto_stack.api("GET", "/api/v1/me", claims=claims).body
    assert (me["tenant"], me["role"]) == ("other", "admin")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["name", "role"]),
        ({"name": "a", "role": "root"}, ["role"]),
        ({"name": "", "role": "viewer"}, ["name"]),
        ({"name": "a" * 61, "role": "viewer"}, ["name"]),
        ({"name": "a:b", "role": "viewer"}, ["name"]),
        ({"name": "a b", "role": "viewer"}, ["name"]),
        ({"name": "ä", "role": "viewer"}, ["name"]),
        ({"name": "a\n", "role": "viewer"}, ["name"]),
        ({"name": 1, "role": "viewer"}, ["name"]),
        ({"name": "a", "role": "viewer", "groups": []}, ["groups"]),
        ({"name": "a", "role": "viewer", "clientSecret": "mine"}, ["clientSecret"]),
    ],
)
def test_what_is_no_client_is_refused_with_the_fields(
    body: Any, fields: list[str], moto_stack: MotoStack
):
    answer = moto_stack.api("POST", CLIENTS, body, claims=ADMIN)

    assert code(answer) == (400, "invalid_request")
    assert [each["path"] for each in answer.body["errors"]] == fields
    assert rows(moto_stack) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"clientId": "x"}, "clientSecret"),
        ({"clientSecret": "x"}, "clientId"),
        ({"clientId": "x", "clientSecret": ""}, "clientSecret"),
        ({"clientId": "x", "clientSecret": "x" * 257}, "clientSecret"),
        ({"clientId": "x" * 257, "clientSecret": "x"}, "clientId"),
        ({"clientId": 1, "clientSecret": "x"}, "clientId"),
        ({"clientId": "x", "clientSecret": "x", "grant": "x"}, "grant"),
    ],
)
def test_what_is_no_login_is_refused_with_the_field(body: Any, field: str, moto_stack: MotoStack):
    answer = moto_stack.api("POST", "/auth/token", body, claims=None)

    assert code(answer) == (400, "invalid_request")
    assert [each["path"] for each in answer.body["errors"]] == [field]


def test_clients_are_listed_newest_first_in_pages(moto_stack: MotoStack):
    for number in range(3):
        made(moto_stack, f"c{number}")

    first = moto_stack.api("GET", f"{CLIENTS}?limit=2", claims=ADMIN)
    link = first.headers["link"].partition(">")[0].lstrip("<")
    second = moto_stack.api("GET", link, claims=ADMIN)

    assert [each["name"] for each in first.body] == ["c2", "c1"]
    assert [each["name"] for each in second.body] == ["c0"]
    assert "link" not in second.headers
    assert all("clientSecret" not in each for each in first.body)
    assert listed(moto_stack, claims_of("boss", "admin", tenant="other")) == []
    elsewhere = moto_stack.api("GET", link, claims=claims_of("boss", "admin", tenant="other"))
    assert code(elsewhere) == (400, "invalid_cursor")


def test_whoever_gets_no_token_gets_one_answer_after_the_same_calls(
    moto_stack: MotoStack, pauses: list[float]
):
    client, gone = made(moto_stack), made(moto_stack, "gone")
    assert delete(moto_stack, gone).status == 204
    told, calls = [], []

    for sent, secret in (
        (client, "wrong"),
        (client, client["clientSecret"] + "x"),
        (client, client["clientSecret"].swapcase()),
        (client, gone["clientSecret"]),
        (gone, None),
        (UNKNOWN, None),
        (UNKNOWN, client["clientSecret"]),
        ({**client, "clientId": "no id"}, None),
        ({**client, "clientId": "é" * 200}, None),
        ({**client, "clientId": client["clientId"].upper()}, None),
        ({**client, "clientId": "00000000-0000-7000-8000-000000000000"}, None),
    ):
        moto_stack.calls.clear()
        answer = token(moto_stack, sent, secret)
        told.append({each: answer.body[each] for each in DETAILS})
        calls.append(moto_stack.calls.of("auth"))

    assert (told[0]["status"], told[0]["code"]) == (401, "invalid_credentials")
    assert told == [told[0]] * len(told)
    assert calls == [[GET, GET, UPDATE]] * len(calls)
    assert len(pauses) == len(told)
    assert all(0 <= each < 0.25 for each in pauses)


def test_a_login_makes_few_calls_and_one_write_an_hour(moto_stack: MotoStack):
    client = made(moto_stack)
    moto_stack.calls.clear()

    assert token(moto_stack, client).status == 200

    assert moto_stack.calls.of("auth") == [GET, GET, INITIATE, UPDATE]
    used = listed(moto_stack)[0]["lastUsedAt"]
    assert used >= client["createdAt"]
    moto_stack.calls.clear()
    for _ in range(3):
        assert token(moto_stack, client).status == 200
    assert moto_stack.calls.of("auth") == [GET, GET, INITIATE] * 3
    assert listed(moto_stack)[0]["lastUsedAt"] == used
    let_pass(moto_stack, timedelta(hours=1))
    assert token(moto_stack, client).status == 200
    assert listed(moto_stack)[0]["lastUsedAt"] >= used


def test_a_login_does_not_need_its_note(moto_stack: MotoStack):
    client = made(moto_stack)
    moto_stack.calls.fail_next(
        refused_by_cognito("InternalServerError"),
        lambda call: (call.function, call.operation) == ("auth", UPDATE),
    )

    assert token(moto_stack, client).status == 200
    assert listed(moto_stack)[0]["lastUsedAt"] is None


def test_wrong_secrets_are_limited_by_client_and_address(moto_stack: MotoStack):
    client, other = made(moto_stack), made(moto_stack, "other")

    answers = [token(moto_stack, client, "wrong") for _ in range(MAX_WRONG + 1)]

    assert [each.status for each in answers] == [401] * MAX_WRONG + [429]
    assert answers[-1].body["code"] == "too_many_requests"
    assert 0 < int(answers[-1].headers["retry-after"]) <= 901
    assert token(moto_stack, client).status == 200  # machines beside the one that is wrong
    assert token(moto_stack, other, "wrong").status == 401
    moto_stack.address = "198.51.100.7"
    assert token(moto_stack, client, "wrong").status == 401


@pytest.mark.parametrize("name", ["TooManyRequestsException", "LimitExceededException"])
def test_a_throttled_pool_is_503_and_no_wrong_secret(name: str, moto_stack: MotoStack):
    client = made(moto_stack)

    for _ in range(3):
        moto_stack.calls.fail_next(
            refused_by_cognito(name), lambda call: call.operation == INITIATE
        )
        answer = token(moto_stack, client)
        assert code(answer) == (503, "unavailable")
        assert answer.headers["retry-after"] == "1"
    assert token(moto_stack, client).status == 200


@pytest.mark.parametrize("change", ["gone", "disabled"])
def test_a_client_whose_user_the_pool_refuses_gets_the_one_answer(
    change: str, moto_stack: MotoStack
):
    client = made(moto_stack)
    [username] = in_pool(moto_stack)
    pool: Any = boto3.client("cognito-idp")
    call = {"gone": pool.admin_delete_user, "disabled": pool.admin_disable_user}[change]
    call(UserPoolId=moto_stack.environment["USER_POOL_ID"], Username=username)

    answer = token(moto_stack, client)

    assert code(answer) == (401, "invalid_credentials")
    assert answer.body["detail"] == token(moto_stack, UNKNOWN).body["detail"]


def test_two_secrets_are_good_for_24_hours(moto_stack: MotoStack):
    client = made(moto_stack)

    rotated = rotate(moto_stack, client)

    assert (rotated.status, rotated.headers["etag"]) == (200, '"2"')
    fresh = rotated.body
    assert fresh["clientSecret"] != client["clientSecret"]
    assert {**fresh, "clientSecret": ""} == {**client, "clientSecret": ""}
    assert [token(moto_stack, each).status for each in (client, fresh)] == [200, 200]
    assert len(in_pool(moto_stack)) == 2
    assert sweep(moto_stack) == 0
    let_pass(moto_stack, DAY - timedelta(minutes=1))
    assert token(moto_stack, client).status == 200
    let_pass(moto_stack, timedelta(minutes=1))
    assert code(token(moto_stack, client)) == (401, "invalid_credentials")
    assert token(moto_stack, fresh).status == 200
    let_pass(moto_stack, timedelta(minutes=6))
    assert sweep(moto_stack) == 1
    assert len(in_pool(moto_stack)) == 1
    assert token(moto_stack, fresh).status == 200
    assert marks(moto_stack) == []


def test_a_third_secret_ends_the_first(moto_stack: MotoStack):
    first = made(moto_stack)
    second, third = (rotate(moto_stack, first).body for _ in range(2))

    assert [token(moto_stack, each).status for each in (first, second, third)] == [401, 200, 200]
    assert len(in_pool(moto_stack)) == 2
    let_pass(moto_stack, DAY + timedelta(minutes=6))
    assert [token(moto_stack, each).status for each in (first, second, third)] == [401, 401, 200]
    sweep(moto_stack)
    assert len(in_pool(moto_stack)) == 1
    assert marks(moto_stack) == []


def test_a_deleted_client_is_refused_and_its_name_free(moto_stack: MotoStack):
    client = made(moto_stack)
    second = rotate(moto_stack, client).body

    assert delete(moto_stack, client).status == 204

    assert [token(moto_stack, each).status for each in (client, second)] == [401, 401]
    assert listed(moto_stack) == []
    assert in_pool(moto_stack) == set()
    assert code(delete(moto_stack, client)) == (404, "client_not_found")
    assert code(rotate(moto_stack, client)) == (404, "client_not_found")
    let_pass(moto_stack, DAY + timedelta(minutes=6))
    sweep(moto_stack)
    assert rows(moto_stack) == []
    again = made(moto_stack)
    assert again["clientId"] != client["clientId"]
    assert token(moto_stack, again).status == 200
    assert token(moto_stack, client).status == 401


def test_another_tenants_client_is_an_unknown_one(moto_stack: MotoStack):
    client = made(moto_stack)
    stranger = claims_of("eve", "admin", tenant="other")

    assert code(delete(moto_stack, client, claims=stranger)) == (404, "client_not_found")
    assert code(rotate(moto_stack, client, claims=stranger)) == (404, "client_not_found")
    assert token(moto_stack, client).status == 200


@pytest.mark.parametrize("name", ["no-id", "x" * 2000, "%20", "é"])
def test_what_can_be_no_id_is_not_found(name: str, moto_stack: MotoStack):
    assert code(delete(moto_stack, {"clientId": name})) == (404, "client_not_found")


def test_changes_honour_the_etag(moto_stack: MotoStack):
    client = made(moto_stack)
    old, new = {"if-match": '"1"'}, {"if-match": '"2"'}

    assert code(rotate(moto_stack, client, new)) == (412, "precondition_failed")
    assert rotate(moto_stack, client, old).headers["etag"] == '"2"'
    assert code(rotate(moto_stack, client, old)) == (412, "precondition_failed")
    assert code(delete(moto_stack, client, old)) == (412, "precondition_failed")
    assert len(in_pool(moto_stack)) == 2
    token(moto_stack, client)  # is noted, and is no write of the resource
    assert delete(moto_stack, client, new).status == 204


def test_a_replay_shows_no_secret(moto_stack: MotoStack):
    key = {"idempotency-key": "k"}

    first, again = (ask_for_client(moto_stack, headers=key) for _ in range(2))

    assert (first.status, again.status) == (201, 201)
    assert again.body == {**first.body, "clientSecret": "******"}
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["etag"] == first.headers["etag"]
    assert token(moto_stack, first.body).status == 200
    assert code(ask_for_client(moto_stack, "x", headers=key)) == (422, "idempotency_key_reused")
    fresh, replayed = (rotate(moto_stack, first.body, key) for _ in range(2))
    assert replayed.body == {**fresh.body, "clientSecret": "******"}
    assert token(moto_stack, fresh.body).status == 200
    assert token(moto_stack, first.body).status == 200
    assert len(in_pool(moto_stack)) == 2


def test_a_refused_post_can_be_repeated_with_its_key(moto_stack: MotoStack):
    key = {"idempotency-key": "k"}
    client = made(moto_stack)
    assert code(ask_for_client(moto_stack, headers=key)) == (409, "client_name_taken")
    delete(moto_stack, client)

    assert ask_for_client(moto_stack, headers=key).status == 201


def test_without_auth_there_are_no_clients(moto_stack: MotoStack, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HEADRACE_AUTH", "off")
    forget_factories()

    for method, path in (
        ("GET", CLIENTS),
        ("POST", CLIENTS),
        ("DELETE", f"{CLIENTS}/{UNKNOWN['clientId']}"),
        ("POST", f"{CLIENTS}/{UNKNOWN['clientId']}/rotate"),
        ("POST", "/auth/token"),
    ):
        answer = moto_stack.api(method, path, claims=None)
        assert code(answer) == (404, "route_not_found"), path
    assert moto_stack.calls.all() == []


def test_what_the_function_is_not_invoked_with_is_refused(moto_stack: MotoStack):
    with pytest.raises(ValueError, match="sweep"):
        moto_stack.invoke("clients", {"sweep": False})
    assert table(moto_stack).scan()["Items"] == []
