"""Tenants and their first admins: by an operator's call, or by being first where one may be."""

from datetime import timedelta
from typing import Any

import pytest

from shared.errors import InvalidRequestError, UsernameTakenError
from tests.integration.test_user_crashes import let_pass, sweep, table
from tests.support.cognito import pool_users
from tests.support.events import api_event, claims_of
from tests.support.stack import Answer, MotoStack, forget_factories
from tests.support.users import OTHER, PASSWORD, USERS, code, groups_in, log_in, register

CALL = {"tenant": "acme", "admin": {"username": "Root", "password": PASSWORD}}


def found(stack: MotoStack, **change: Any) -> Any:
    return stack.invoke("users", {**CALL, **change})


def test_an_operator_makes_a_tenant_and_its_first_admin_once(moto_stack: MotoStack):
    assert found(moto_stack) == {"created": True}
    assert found(moto_stack) == {"created": False}
    other = {"username": "other", "password": OTHER}
    assert found(moto_stack, admin=other) == {"created": False}

    session = log_in(moto_stack, "root").body
    assert groups_in(session["token"]) == ["role:admin", "tenant:acme"]
    assert log_in(moto_stack, "other", OTHER).status == 401
    assert found(moto_stack, tenant="second", admin=other) == {"created": True}
    assert groups_in(log_in(moto_stack, "other", OTHER).body["token"])[-1] == "tenant:second"


def test_an_operators_call_that_dies_is_repeated_at_once(moto_stack: MotoStack):
    for number in range(1, 20):
        tenant, admin = f"t{number}", {"username": f"root{number}", "password": PASSWORD}
        moto_stack.calls.clear()
        moto_stack.calls.crash_after(number, "users")
        try:
            found(moto_stack, tenant=tenant, admin=admin)
        except SystemExit:
            found(moto_stack, tenant=tenant, admin=admin)
        is_last = not moto_stack.calls.has_crashed
        moto_stack.calls.clear()
        assert found(moto_stack, tenant=tenant, admin=admin) == {"created": False}
        assert log_in(moto_stack, f"root{number}").status == 200
        if is_last:
            break
    assert 7 < number < 19


def test_a_tenant_whose_founder_was_swept_can_be_made_anew(moto_stack: MotoStack):
    moto_stack.calls.crash_after(3, "users")
    with pytest.raises(SystemExit):
        found(moto_stack)
    moto_stack.calls.clear()
    let_pass(moto_stack, timedelta(minutes=6))

    assert sweep(moto_stack) == 1

    assert [each for each in table(moto_stack).scan()["Items"] if "attempts" not in str(each)] == []
    assert found(moto_stack, admin={"username": "b", "password": OTHER}) == {"created": True}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tenant": "Acme"}, "tenant "),
        ({"tenant": "-a"}, "tenant "),
        ({"tenant": "a" * 32}, "tenant "),
        ({"tenant": "a#b"}, "tenant "),
        ({"tenant": ""}, "tenant "),
        ({"admin": {"username": "root", "password": "short"}}, "admin.password must have 12"),
        ({"admin": {"username": "me", "password": PASSWORD}}, "admin.username is kept"),
        ({"admin": None}, "admin "),
        ({"more": 1}, "more "),
    ],
)
def test_an_operator_is_told_what_is_wrong(
    change: dict[str, Any], said: str, moto_stack: MotoStack
):
    with pytest.raises(InvalidRequestError) as refused:
        found(moto_stack, **change)

    assert str(refused.value).startswith(said)
    assert PASSWORD not in str(refused.value)
    assert pool_users(moto_stack.environment["USER_POOL_ID"]) == {}


def test_a_name_of_another_tenant_is_taken(moto_stack: MotoStack):
    found(moto_stack)

    with pytest.raises(UsernameTakenError):
        found(moto_stack, tenant="second")


def test_an_operators_call_never_comes_from_the_gateway(moto_stack: MotoStack):
    viewer = claims_of("ann", "viewer", tenant="acme")

    event = api_event("GET", USERS, claims=viewer)
    assert moto_stack.invoke("users", {**event, **CALL, "sweep": True})["statusCode"] == 403


def test_an_operators_call_logs_no_password(
    moto_stack: MotoStack, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
):
    found(moto_stack)
    found(moto_stack)

    logged = "".join([caplog.text, *(str(vars(each)) for each in caplog.records)])
    assert PASSWORD not in logged + "".join(capfd.readouterr())


def test_nobody_is_admin_by_being_first(moto_stack: MotoStack):
    answer = register(moto_stack, "first", "admin", claims=None)

    assert code(answer) == (401, "invalid_token")


@pytest.fixture
def open_stack(moto_stack: MotoStack, monkeypatch: pytest.MonkeyPatch) -> MotoStack:
    """A stack with bootstrap=open, where the gateway looks at no token of /auth/register."""
    monkeypatch.setenv("HEADRACE_BOOTSTRAP", "open")
    forget_factories()
    return moto_stack


def with_token(stack: MotoStack, name: str, token: str) -> Answer:
    headers = {"authorization": f"Bearer {token}"}
    return register(stack, name, "viewer", claims=None, headers=headers)


def test_where_it_is_allowed_the_first_user_becomes_admin_and_the_second_nothing(
    open_stack: MotoStack,
):
    first = register(open_stack, "first", "viewer", claims=None)
    second = register(open_stack, "second", "admin", claims=None)

    assert (first.status, first.body["role"]) == (201, "admin")
    assert code(second) == (401, "invalid_token")
    session = log_in(open_stack, "first").body
    assert groups_in(session["token"]) == ["role:admin", "tenant:default"]
    assert with_token(open_stack, "third", session["token"]).status == 201
    assert log_in(open_stack, "third").body["user"]["role"] == "viewer"


@pytest.mark.parametrize("number", range(1, 8))
def test_one_of_two_who_are_first_is(number: int, open_stack: MotoStack):
    statuses = []

    def come(name: str) -> None:
        statuses.append(register(open_stack, name, "admin", claims=None).status)

    open_stack.calls.meanwhile(number, "auth", lambda: come("other"))
    come("first")

    assert sorted(statuses) == [201, 401]


def test_a_key_works_for_the_first_user_too(open_stack: MotoStack):
    key = {"idempotency-key": "k"}

    answers = [register(open_stack, "first", "admin", claims=None, headers=key) for _ in range(2)]

    assert [each.status for each in answers] == [201, 201]
    assert answers[1].headers["idempotency-replayed"] == "true"


def test_an_open_stack_looks_at_tokens_itself(open_stack: MotoStack):
    register(open_stack, "first", "admin", claims=None)
    admin = log_in(open_stack, "first").body
    with_token(open_stack, "viewer", admin["token"])
    viewer = log_in(open_stack, "viewer").body["token"]
    head, payload, signature = admin["token"].split(".")
    forged = f"{head}.{payload}.{signature[:-4]}AAAA"
    unsigned = f"eyJhbGciOiJub25lIn0.{payload}."

    for token in (forged, unsigned, admin["refreshToken"], "", "x", "a.b.c", "a.e30.c"):
        assert code(with_token(open_stack, "x", token)) == (401, "invalid_token"), token
    basic = {"authorization": f"Basic {admin['token']}"}
    answer = register(open_stack, "x", claims=None, headers=basic)
    assert code(answer) == (401, "invalid_token")
    assert code(with_token(open_stack, "x", viewer)) == (403, "forbidden")
    claims = claims_of("first", "admin")
    assert open_stack.api("PUT", f"{USERS}/viewer", {"disabled": True}, claims=claims).status == 200
    assert code(with_token(open_stack, "x", viewer)) == (401, "invalid_token")


def test_a_token_of_another_pool_is_none(open_stack: MotoStack, monkeypatch: pytest.MonkeyPatch):
    register(open_stack, "first", "admin", claims=None)
    token = log_in(open_stack, "first").body["token"]
    assert with_token(open_stack, "x", token).status == 201
    for name in ("USER_POOL_ID", "USER_POOL_CLIENT_ID"):
        with monkeypatch.context() as other:
            other.setenv(name, "us-east-1_another")
            forget_factories()
            assert code(with_token(open_stack, "y", token)) == (401, "invalid_token")
