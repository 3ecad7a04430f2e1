"""Users over HTTP: made, listed, changed, named, and their passwords."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.paging import encode_cursor
from tests.support.cognito import pool_users
from tests.support.events import claims_of
from tests.support.stack import Answer, MotoStack, forget_factories
from tests.support.users import (
    ADMIN,
    OTHER,
    PASSWORD,
    USERS,
    code,
    groups_in,
    log_in,
    made,
    refused_by_cognito,
    register,
)

MAKES_NEW = ("Cognito Identity Provider.CreateGroup", "group:new")


def test_a_user_that_an_admin_makes_can_log_in(moto_stack: MotoStack):
    answer = register(moto_stack, "Ann", "editor", groups=["ops", "night", "ops"])

    assert answer.status == 201, answer.body
    assert answer.headers["location"] == f"{USERS}/ann"
    assert answer.headers["etag"] == '"1"'
    created = answer.body.pop("createdAt")
    assert created.endswith("Z")
    assert answer.body == {
        "username": "ann",
        "role": "editor",
        "groups": ["night", "ops"],
        "disabled": False,
        "provider": None,
    }
    session = log_in(moto_stack, "ANN")
    assert session.status == 200, session.body
    assert session.body["user"] == {
        "username": "ann", "role": "editor", "groups": ["night", "ops"]
    }  # fmt: skip
    assert session.body["tokenType"] == "Bearer"
    assert session.body["expiresIn"] == 3600


def test_names_are_unique_in_the_pool_whatever_the_tenant(moto_stack: MotoStack):
    made(moto_stack)
    elsewhere = claims_of("boss", "admin", tenant="other")

    assert code(register(moto_stack, "ANN")) == (409, "username_taken")
    assert code(register(moto_stack, "ann", claims=elsewhere)) == (409, "username_taken")
    assert moto_stack.api("GET", USERS, claims=elsewhere).body == []


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"username": "a b"}, "username"),
        ({"username": ""}, "username"),
        ({"username": "a" * 101}, "username"),
        ({"username": "client:acme:x"}, "username"),
        ({"username": "Local"}, "username"),
        ({"username": "me"}, "username"),
        ({"username": "system"}, "username"),
        ({"username": "é"}, "username"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 11}, "password"),
        ({"password": "x" * 257}, "password"),
        ({"password": f" {PASSWORD}"}, "password"),
        ({"password": None}, "password"),
        ({"role": "root"}, "role"),
        ({"groups": ["a b"]}, "groups[0]"),
        ({"groups": [f"g{number}" for number in range(33)]}, "groups"),
        ({"temporary": "soon"}, "temporary"),
        ({"tenant": "other"}, "tenant"),
    ],
)
def test_what_cannot_be_a_user_is_refused_with_the_field(
    change: dict[str, Any], path: str, moto_stack: MotoStack
):
    answer = register(moto_stack, **change)

    assert code(answer) == (400, "invalid_request")
    assert [each["path"] for each in answer.body["errors"]] == [path]
    assert PASSWORD not in str(answer.body)
    assert moto_stack.api("GET", USERS, claims=ADMIN).body == []


def test_what_the_policy_of_the_pool_refuses_is_400_and_leaves_nothing(moto_stack: MotoStack):
    error = refused_by_cognito("InvalidPasswordException")
    moto_stack.calls.fail_next(error, lambda call: call.operation.endswith("SetUserPassword"))

    answer = register(moto_stack)

    assert code(answer) == (400, "invalid_request")
    assert [each["path"] for each in answer.body["errors"]] == ["password"]
    made(moto_stack)


def test_a_group_that_the_pool_has_no_room_for_is_400_and_changes_nothing(moto_stack: MotoStack):
    """A pool holds 10,000 groups, of all tenants: a row with one more could never log in."""
    full = refused_by_cognito("LimitExceededException")
    made(moto_stack, "ann", groups=["ops"])
    for answer in (
        while_full(moto_stack, full, lambda: register(moto_stack, "bob", groups=["new"])),
        while_full(
            moto_stack,
            full,
            lambda: moto_stack.api("PUT", f"{USERS}/ann", {"groups": ["new"]}, claims=ADMIN),
        ),
    ):
        assert code(answer) == (400, "invalid_request")
        assert [each["path"] for each in answer.body["errors"]] == ["groups"]

    [ann] = moto_stack.api("GET", USERS, claims=ADMIN).body
    assert ann["groups"] == ["ops"]
    assert log_in(moto_stack).status == 200
    assert moto_stack.invoke("users", {"sweep": True}) == {"swept": 0}


def while_full(stack: MotoStack, error: Exception, ask: Callable[[], Answer]) -> Answer:
    stack.calls.fail_next(
        error, lambda call: (call.operation, call.parameters.get("GroupName")) == MAKES_NEW
    )
    return ask()


def test_users_are_listed_newest_first_by_page_and_filter(moto_stack: MotoStack):
    for name, role in (("c", "viewer"), ("a", "editor"), ("b", "viewer")):
        made(moto_stack, name, role, groups=["ops"] if name != "c" else [])

    def names(query: str = "") -> list[str]:
        answer = moto_stack.api("GET", f"{USERS}{query}", claims=ADMIN)
        assert answer.status == 200, answer.body
        return [each["username"] for each in answer.body]

    assert names() == ["b", "a", "c"]
    assert names("?role=viewer") == ["b", "c"]
    assert names("?group=ops") == ["b", "a"]
    assert names("?role=viewer&group=ops") == ["b"]
    assert names("?role=auditor") == []
    paged, path = [], f"{USERS}?limit=1"
    while path:
        answer = moto_stack.api("GET", path, claims=ADMIN)
        paged += [each["username"] for each in answer.body]
        path = answer.headers.get("link", "").partition(">")[0].removeprefix("<")
    assert paged == ["b", "a", "c"]
    assert code(moto_stack.api("GET", f"{USERS}?role=x", claims=ADMIN)) == (400, "invalid_request")
    foreign = claims_of("boss", "admin", tenant="other")
    cursor = moto_stack.api("GET", f"{USERS}?limit=1", claims=ADMIN).headers["link"]
    path = cursor.partition(">")[0].removeprefix("<")
    assert code(moto_stack.api("GET", path, claims=foreign)) == (400, "invalid_cursor")


def test_a_change_reaches_the_next_token(moto_stack: MotoStack):
    made(moto_stack, "ann", "viewer", groups=["ops"])
    session = log_in(moto_stack).body
    body = {"role": "editor", "groups": ["night"]}

    answer = moto_stack.api("PUT", f"{USERS}/ANN", body, claims=ADMIN)

    assert (answer.status, answer.headers["etag"]) == (200, '"2"')
    assert (answer.body["role"], answer.body["groups"]) == ("editor", ["night"])
    assert moto_stack.api("GET", f"{USERS}/ann", claims=ADMIN).body == answer.body
    sent = {"refreshToken": session["refreshToken"]}
    renewed = moto_stack.api("POST", "/auth/refresh", sent, claims=None).body["token"]
    assert groups_in(renewed) == ["group:night", "role:editor", "tenant:acme"]


def test_a_change_keeps_what_it_leaves_out_and_takes_back_what_was_read(moto_stack: MotoStack):
    shown = made(moto_stack, "ann", "viewer", groups=["ops"])

    for body in ({}, {"role": None, "groups": None, "disabled": None}, shown):
        answer = moto_stack.api("PUT", f"{USERS}/ann", body, claims=ADMIN)
        assert (answer.status, answer.body, answer.headers["etag"]) == (200, shown, '"1"')
    cleared = moto_stack.api("PUT", f"{USERS}/ann", {"groups": []}, claims=ADMIN)
    assert cleared.body["groups"] == []
    answer = moto_stack.api("PUT", f"{USERS}/ann", {"username": "bob"}, claims=ADMIN)
    assert [each["path"] for each in answer.body["errors"]] == ["username"]


def test_a_change_of_another_version_is_refused(moto_stack: MotoStack):
    made(moto_stack)
    path, stale = f"{USERS}/ann", {"if-match": '"7"'}

    answer = moto_stack.api("PUT", path, {"disabled": True}, stale, claims=ADMIN)

    assert code(answer) == (412, "precondition_failed")
    body = {"password": OTHER}
    answer = moto_stack.api("POST", f"{path}/password", body, stale, claims=ADMIN)
    assert code(answer) == (412, "precondition_failed")
    good = moto_stack.api("PUT", path, {"disabled": True}, {"if-match": '"1"'}, claims=ADMIN)
    assert good.body["disabled"] is True


def test_another_tenants_user_is_an_unknown_one(moto_stack: MotoStack):
    made(moto_stack)
    foreign = claims_of("boss", "admin", tenant="other")

    for name in ("ann", "nobody", "a b", "x" * 2000, "client:acme:x"):
        path = f"{USERS}/{name}"
        for answer in (
            moto_stack.api("GET", path, claims=foreign),
            moto_stack.api("PUT", path, {"disabled": True}, claims=foreign),
            moto_stack.api("POST", f"{path}/password", {"password": OTHER}, claims=foreign),
        ):
            assert code(answer) == (404, "user_not_found"), name
    assert log_in(moto_stack).status == 200


def test_a_disabled_user_can_neither_log_in_nor_refresh(moto_stack: MotoStack):
    made(moto_stack)
    session = log_in(moto_stack).body
    path = f"{USERS}/ann"

    assert moto_stack.api("PUT", path, {"disabled": True}, claims=ADMIN).status == 200

    assert code(log_in(moto_stack)) == (401, "invalid_credentials")
    sent = {"refreshToken": session["refreshToken"]}
    answer = moto_stack.api("POST", "/auth/refresh", sent, claims=None)
    assert code(answer) == (401, "invalid_credentials")
    assert moto_stack.api("PUT", path, {"disabled": False}, claims=ADMIN).status == 200
    assert log_in(moto_stack).status == 200


@pytest.mark.parametrize("change", [{"role": "editor"}, {"disabled": True}])
def test_the_last_admin_stays_one(change: dict[str, Any], moto_stack: MotoStack):
    made(moto_stack, "one", "admin")
    made(moto_stack, "two", "admin")
    made(moto_stack, "ann", "viewer")

    assert moto_stack.api("PUT", f"{USERS}/one", change, claims=ADMIN).status == 200

    answer = moto_stack.api("PUT", f"{USERS}/two", change, claims=ADMIN)
    assert code(answer) == (409, "last_admin")
    assert log_in(moto_stack, "two").body["user"]["role"] == "admin"
    assert moto_stack.api("PUT", f"{USERS}/ann", {"role": "admin"}, claims=ADMIN).status == 200
    assert moto_stack.api("PUT", f"{USERS}/two", change, claims=ADMIN).status == 200


def test_two_admins_cannot_demote_each_other_at_once(moto_stack: MotoStack):
    made(moto_stack, "one", "admin")
    made(moto_stack, "two", "admin")
    answers: list[Answer] = []

    def demote(name: str) -> None:
        answers.append(
            moto_stack.api("PUT", f"{USERS}/{name}", {"role": "viewer"}, claims=ADMIN)
        )  # fmt: skip

    moto_stack.calls.meanwhile(2, "users", lambda: demote("one"))
    demote("two")

    assert sorted(answer.status for answer in answers) == [200, 409]


def test_people_are_whom_one_can_name_by_name(moto_stack: MotoStack):
    for name in ("bea", "ann", "abe"):
        made(moto_stack, name, "viewer", groups=["ops"] if name != "abe" else [])
    made(moto_stack, "gone")
    moto_stack.api("PUT", f"{USERS}/gone", {"disabled": True}, claims=ADMIN)
    executor = claims_of("ann", "executor", tenant="acme")

    def people(query: str = "") -> Any:
        answer = moto_stack.api("GET", f"/api/v1/people{query}", claims=executor)
        assert answer.status == 200, answer.body
        return answer.body

    assert people() == [
        {"username": "abe", "groups": []},
        {"username": "ann", "groups": ["ops"]},
        {"username": "bea", "groups": ["ops"]},
    ]
    assert [each["username"] for each in people("?q=A")] == ["abe", "ann"]
    assert [each["username"] for each in people("?group=ops&q=b")] == ["bea"]
    assert people("?q=x") == []
    first = moto_stack.api("GET", "/api/v1/people?limit=2", claims=executor)
    path = first.headers["link"].partition(">")[0].removeprefix("<")
    rest = moto_stack.api("GET", path, claims=executor).body
    assert [each["username"] for each in [*first.body, *rest]] == ["abe", "ann", "bea"]
    foreign = claims_of("boss", "admin", tenant="other")
    assert moto_stack.api("GET", "/api/v1/people", claims=foreign).body == []


def test_a_forged_cursor_of_people_begins_where_the_list_does(moto_stack: MotoStack):
    cursor = encode_cursor("zed", "acme/people/a/None")

    answer = moto_stack.api("GET", f"/api/v1/people?q=a&cursor={cursor}", claims=ADMIN)

    assert code(answer) == (400, "invalid_cursor")


def test_an_admin_sets_anothers_password_and_ends_its_logins(moto_stack: MotoStack):
    made(moto_stack)
    session = log_in(moto_stack).body
    path = f"{USERS}/ann/password"

    answer = moto_stack.api("POST", path, {"password": OTHER}, claims=ADMIN)

    assert (answer.status, answer.body) == (204, "")
    assert code(log_in(moto_stack)) == (401, "invalid_credentials")
    assert log_in(moto_stack, password=OTHER).status == 200
    sent = {"refreshToken": session["refreshToken"]}
    answer = moto_stack.api("POST", "/auth/refresh", sent, claims=None)
    assert code(answer) == (401, "invalid_credentials")


def test_one_sets_ones_own_password_with_the_current_one(moto_stack: MotoStack):
    made(moto_stack, "ann", "participant")
    ann, path = claims_of("ann", "participant", tenant="acme"), f"{USERS}/ann/password"
    wrong, right = {"currentPassword": "wrong"}, {"currentPassword": PASSWORD}

    def change(body: dict[str, Any]) -> Answer:
        return moto_stack.api("POST", path, {"password": OTHER, **body}, claims=ann)

    refused = change(wrong)
    assert code(refused) == (401, "invalid_credentials")
    assert refused.body["detail"] == "currentPassword is not right"
    assert code(change({})) == (400, "invalid_request")
    assert code(change({**right, "temporary": True})) == (400, "invalid_request")
    assert change(right).status == 204
    assert log_in(moto_stack, password=OTHER).status == 200


def test_anothers_password_is_for_admins(moto_stack: MotoStack):
    made(moto_stack)
    editor = claims_of("ed", "editor", tenant="acme")

    for name in ("ann", "nobody"):
        path = f"{USERS}/{name}/password"
        answer = moto_stack.api("POST", path, {"password": OTHER}, claims=editor)
        assert code(answer) == (403, "forbidden")
        assert "admin" in answer.body["detail"]
    body = {"password": OTHER, "currentPassword": PASSWORD}
    answer = moto_stack.api("POST", f"{USERS}/ann/password", body, claims=ADMIN)
    assert [each["path"] for each in answer.body["errors"]] == ["currentPassword"]


def test_wrong_current_passwords_are_counted_like_logins(moto_stack: MotoStack):
    made(moto_stack)
    ann, path = claims_of("ann", "viewer", tenant="acme"), f"{USERS}/ann/password"
    body = {"password": OTHER, "currentPassword": "wrong"}

    codes = [moto_stack.api("POST", path, body, claims=ann).status for _ in range(6)]

    assert codes == [401] * 5 + [429]


def test_a_user_who_is_gone_from_the_pool_is_made_again_by_a_password(moto_stack: MotoStack):
    made(moto_stack, "ann", "editor", groups=["ops"])
    pool_users(moto_stack.environment["USER_POOL_ID"]).pop("ann")
    path = f"{USERS}/ann/password"

    assert moto_stack.api("PUT", f"{USERS}/ann", {"role": "viewer"}, claims=ADMIN).status == 200
    assert moto_stack.api("POST", path, {"password": OTHER}, claims=ADMIN).status == 204

    assert log_in(moto_stack, password=OTHER).body["user"]["role"] == "viewer"


def test_posts_are_done_once_for_each_key(moto_stack: MotoStack):
    key = {"idempotency-key": "k"}

    first, again = (register(moto_stack, headers=key) for _ in range(2))

    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    assert again.headers["idempotency-replayed"] == "true"
    assert PASSWORD not in str(again)
    changed = register(moto_stack, role="editor", headers=key)
    assert code(changed) == (422, "idempotency_key_reused")
    path, body = f"{USERS}/ann/password", {"password": OTHER}
    for _ in range(2):
        answer = moto_stack.api("POST", path, body, key, claims=ADMIN)
        assert (answer.status, answer.body) == (204, "")
    assert answer.headers["idempotency-replayed"] == "true"


def test_me_is_the_token_without_a_call_of_aws(moto_stack: MotoStack):
    claims = claims_of("ann", "participant", tenant="acme", groups=["ops"])

    answer = moto_stack.api("GET", "/api/v1/me", claims=claims)

    assert answer.body == {
        "username": "ann",
        "kind": "user",
        "role": "participant",
        "groups": ["ops"],
        "tenant": "acme",
        "provider": None,
        "expiresAt": "2100-01-01T00:00:00.000Z",
    }
    client = claims_of("client:acme:billing", "executor", tenant="acme")
    shown = moto_stack.api("GET", "/api/v1/me", claims=client).body
    assert (shown["username"], shown["kind"]) == ("client:billing", "client")
    assert moto_stack.calls.all() == []


def test_without_auth_there_are_no_users(moto_stack: MotoStack, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HEADRACE_AUTH", "off")
    forget_factories()

    for method, path in (
        ("POST", "/auth/login"),
        ("POST", "/auth/refresh"),
        ("POST", "/auth/logout"),
        ("POST", "/auth/register"),
        ("GET", USERS),
        ("GET", f"{USERS}/ann"),
        ("PUT", f"{USERS}/ann"),
        ("POST", f"{USERS}/ann/password"),
    ):
        answer = moto_stack.api(method, path, None, {"idempotency-key": "k"}, claims=None)
        assert code(answer) == (404, "route_not_found"), path
    me = moto_stack.api("GET", "/api/v1/me", claims=None).body
    assert (me["username"], me["kind"], me["role"]) == ("local", "local", "admin")
    assert (me["tenant"], me["expiresAt"]) == ("default", None)
    people = moto_stack.api("GET", "/api/v1/people", claims=None).body
    assert people == [{"username": "local", "groups": []}]
    assert moto_stack.api("GET", "/api/v1/people?q=x", claims=None).body == []
    assert moto_stack.calls.all() == []
