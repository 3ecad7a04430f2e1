"""Logins over HTTP: tokens, refusals that say nothing, limits, and the end of logins."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import boto3
import pytest

from functions.auth import handler
from shared.auth.users.attempts import login_limiter
from shared.auth.users.logins import login_service
from tests.support.cognito import pool_users
from tests.support.events import claims_of
from tests.support.stack import Answer, MotoStack
from tests.support.users import (
    ADMIN,
    OTHER,
    PASSWORD,
    USERS,
    code,
    groups_in,
    log_in,
    made,
    refresh,
    refused_by_cognito,
)

INITIATE = "Cognito Identity Provider.AdminInitiateAuth"
UPDATE, GET = "DynamoDB.UpdateItem", "DynamoDB.GetItem"
DETAILS = {"type", "title", "status", "detail", "code"}


@pytest.fixture(autouse=True)
def pauses() -> Iterator[list[float]]:
    """What logins would have slept, in place of sleeping."""
    found: list[float] = []
    made_to_note = lambda: replace(login_service(), sleep=found.append)  # noqa: E731 - an override
    handler.app.dependency_overrides[login_service] = made_to_note
    yield found
    handler.app.dependency_overrides.clear()


def fail_login(stack: MotoStack, name: str) -> None:
    stack.calls.fail_next(refused_by_cognito(name), lambda call: call.operation == INITIATE)


def test_a_login_makes_few_calls(moto_stack: MotoStack):
    made(moto_stack)
    moto_stack.calls.clear()

    session = log_in(moto_stack).body

    assert moto_stack.calls.of("auth") == [UPDATE, UPDATE, INITIATE, GET, UPDATE, UPDATE]
    moto_stack.calls.clear()
    assert refresh(moto_stack, session["refreshToken"]).status == 200
    assert moto_stack.calls.of("auth") == [INITIATE, GET]


def test_whoever_cannot_log_in_gets_one_answer_after_the_same_calls(
    moto_stack: MotoStack, pauses: list[float]
):
    made(moto_stack)
    made(moto_stack, "gone")
    moto_stack.api("PUT", f"{USERS}/gone", {"disabled": True}, claims=ADMIN)
    told, calls = [], []

    for name, password in (
        ("ann", OTHER),
        ("nobody", PASSWORD),
        ("gone", PASSWORD),
        ("gone", OTHER),
        ("a b", PASSWORD),
        ("x" * 200, PASSWORD),
        ("client:acme:billing", PASSWORD),
        ("system", PASSWORD),
    ):
        moto_stack.calls.clear()
        answer = log_in(moto_stack, name, password)
        told.append({each: answer.body[each] for each in DETAILS})
        calls.append(moto_stack.calls.of("auth"))

    assert told[0]["code"] == "invalid_credentials"
    assert told[0]["status"] == 401
    assert told == [told[0]] * len(told)
    assert calls == [[UPDATE, UPDATE, INITIATE, UPDATE, UPDATE]] * len(calls)
    assert len(pauses) == len(told)


@pytest.mark.parametrize(
    "name",
    [
        "NotAuthorizedException",
        "UserNotFoundException",
        "UserNotConfirmedException",
        "PasswordResetRequiredException",
        "InvalidParameterException",
    ],
)
def test_all_refusals_of_the_pool_are_one(name: str, moto_stack: MotoStack):
    made(moto_stack)
    fail_login(moto_stack, name)

    assert code(log_in(moto_stack)) == (401, "invalid_credentials")


@pytest.mark.parametrize("name", ["TooManyRequestsException", "LimitExceededException"])
def test_a_throttled_pool_is_503_and_no_wrong_login(name: str, moto_stack: MotoStack):
    made(moto_stack)

    for _ in range(7):
        fail_login(moto_stack, name)
        answer = log_in(moto_stack)
        assert code(answer) == (503, "unavailable")
        assert answer.headers["retry-after"] == "1"
    assert log_in(moto_stack).status == 200


def test_wrong_logins_are_limited_by_name_and_address_without_locking_others_out(
    moto_stack: MotoStack,
):
    made(moto_stack)
    for _ in range(20):
        assert log_in(moto_stack).status == 200

    answers = [log_in(moto_stack, password=OTHER) for _ in range(6)]

    assert [each.status for each in answers] == [401] * 5 + [429]
    assert answers[-1].body["code"] == "too_many_requests"
    assert 0 < int(answers[-1].headers["retry-after"]) <= 901
    assert log_in(moto_stack).status == 429
    made(moto_stack, "bob")
    assert log_in(moto_stack, "bob").status == 200
    moto_stack.address = "198.51.100.7"
    assert log_in(moto_stack).status == 200


def test_many_logins_at_once_have_to_wait_a_second(moto_stack: MotoStack):
    made(moto_stack)
    opened = ExitStack()
    with opened:
        for _ in range(20):
            opened.enter_context(login_limiter().counted("ann", "127.0.0.1"))

        refused = log_in(moto_stack)

        assert (code(refused), refused.headers["retry-after"]) == ((429, "too_many_requests"), "1")
    assert log_in(moto_stack).status == 200


def test_counts_that_cannot_be_written_at_the_end_keep_nobody_out(moto_stack: MotoStack):
    made(moto_stack)
    moto_stack.calls.clear()
    moto_stack.calls.fail_at(5, refused_by_cognito("ThrottlingException"), "auth")

    assert log_in(moto_stack).status == 200
    assert moto_stack.calls.has_failed


def test_groups_of_the_pool_that_are_not_ours_are_none_of_ours(moto_stack: MotoStack):
    made(moto_stack)
    client, pool = boto3.client("cognito-idp"), moto_stack.environment["USER_POOL_ID"]
    client.create_group(UserPoolId=pool, GroupName="theirs")
    client.admin_add_user_to_group(UserPoolId=pool, GroupName="theirs", Username="ann")
    moto_stack.calls.clear()

    assert log_in(moto_stack).status == 200
    assert moto_stack.calls.of("auth") == [UPDATE, UPDATE, INITIATE, GET, UPDATE, UPDATE]


def test_wrong_logins_are_limited_by_address_whatever_the_names(moto_stack: MotoStack):
    made(moto_stack)

    statuses = [log_in(moto_stack, f"user{number}").status for number in range(101)]

    assert statuses == [401] * 100 + [429]
    for _ in range(21):  # what is refused is not open
        assert int(log_in(moto_stack).headers["retry-after"]) > 1


def test_a_password_for_one_use_is_due_at_once(moto_stack: MotoStack):
    made(moto_stack, temporary=True)

    assert code(log_in(moto_stack)) == (403, "password_due")
    assert code(log_in(moto_stack, password=OTHER)) == (401, "invalid_credentials")
    short = log_in(moto_stack, newPassword="short")
    assert [each["path"] for each in short.body["errors"]] == ["newPassword"]
    same = log_in(moto_stack, newPassword=PASSWORD)
    assert [each["path"] for each in same.body["errors"]] == ["newPassword"]
    renewed = log_in(moto_stack, newPassword=OTHER)
    assert renewed.status == 200
    assert renewed.body["user"]["username"] == "ann"
    assert log_in(moto_stack, password=OTHER).status == 200
    assert code(log_in(moto_stack)) == (401, "invalid_credentials")
    late = log_in(moto_stack, password=OTHER, newPassword=PASSWORD)
    assert [each["path"] for each in late.body["errors"]] == ["newPassword"]
    path, body = f"{USERS}/ann/password", {"password": PASSWORD, "temporary": True}
    assert moto_stack.api("POST", path, body, claims=ADMIN).status == 204
    assert code(log_in(moto_stack)) == (403, "password_due")


def test_a_change_that_died_on_its_way_is_made_good_by_the_next_login(moto_stack: MotoStack):
    made(moto_stack, "ann", "admin", groups=["ops"])
    made(moto_stack, "bob", "admin")
    session = log_in(moto_stack).body
    moto_stack.calls.crash_after(2, "users")  # the row is written, the pool knows nothing
    body = {"role": "viewer", "groups": []}
    with pytest.raises(SystemExit):
        moto_stack.api("PUT", f"{USERS}/ann", body, claims=ADMIN)

    renewed = refresh(moto_stack, session["refreshToken"])
    logged_in = log_in(moto_stack)

    assert groups_in(renewed.body["token"]) == ["role:viewer", "tenant:acme"]
    assert groups_in(logged_in.body["token"]) == ["role:viewer", "tenant:acme"]
    assert logged_in.body["user"]["role"] == "viewer"


def test_a_user_who_was_disabled_halfway_cannot_log_in(moto_stack: MotoStack):
    made(moto_stack)
    session = log_in(moto_stack).body
    moto_stack.calls.crash_after(2, "users")
    with pytest.raises(SystemExit):
        moto_stack.api("PUT", f"{USERS}/ann", {"disabled": True}, claims=ADMIN)
    assert pool_users(moto_stack.environment["USER_POOL_ID"])["ann"].enabled

    assert code(log_in(moto_stack)) == (401, "invalid_credentials")
    assert code(refresh(moto_stack, session["refreshToken"])) == (401, "invalid_credentials")


@pytest.mark.parametrize("token", ["x", "a.b.c", "é", "x" * 8192])
def test_what_is_no_refresh_token_is_refused(token: str, moto_stack: MotoStack):
    answer = refresh(moto_stack, token)

    assert code(answer) == (401, "invalid_credentials")
    assert answer.body["detail"] == "the refresh token is not good: log in again"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/auth/login", {"username": "ann"}, "password"),
        ("/auth/login", {"password": PASSWORD}, "username"),
        ("/auth/login", {"username": "ann", "password": ""}, "password"),
        ("/auth/login", {"username": "ann", "password": "x" * 257}, "password"),
        ("/auth/login", {"username": "ann", "password": PASSWORD, "x": 1}, "x"),
        ("/auth/refresh", {}, "refreshToken"),
        ("/auth/refresh", {"refreshToken": "x" * 8193}, "refreshToken"),
        ("/auth/logout", {}, ""),
        ("/auth/logout", {"everywhere": False}, ""),
        ("/auth/logout", {"refreshToken": 1}, "refreshToken"),
    ],
)
def test_what_is_no_login_is_refused_with_the_field(
    path: str, body: Any, field: str, moto_stack: MotoStack
):
    answer = moto_stack.api("POST", path, body, claims=ADMIN)

    assert code(answer) == (400, "invalid_request")
    assert [each["path"] for each in answer.body["errors"]] == [field]


def log_out(stack: MotoStack, body: Any, claims: Any) -> Answer:
    return stack.api("POST", "/auth/logout", body, claims=claims)


def test_a_logout_ends_one_refresh_token_and_again(moto_stack: MotoStack):
    made(moto_stack)
    one, other = (log_in(moto_stack).body["refreshToken"] for _ in range(2))
    ann = claims_of("ann", "participant", tenant="acme")

    for _ in range(2):
        assert log_out(moto_stack, {"refreshToken": one}, ann).status == 204

    assert code(refresh(moto_stack, one)) == (401, "invalid_credentials")
    assert refresh(moto_stack, other).status == 200
    assert log_out(moto_stack, {"refreshToken": "nonsense"}, ann).status == 204


def test_a_logout_everywhere_ends_all_of_the_callers(moto_stack: MotoStack):
    made(moto_stack)
    made(moto_stack, "bob")
    tokens = [log_in(moto_stack).body["refreshToken"] for _ in range(2)]
    bobs = log_in(moto_stack, "bob").body["refreshToken"]
    ann = claims_of("ann", "participant", tenant="acme")

    for _ in range(2):
        assert log_out(moto_stack, {"everywhere": True}, ann).status == 204

    assert [refresh(moto_stack, token).status for token in tokens] == [401, 401]
    assert refresh(moto_stack, bobs).status == 200
    client = claims_of("client:acme:billing", "viewer", tenant="acme")
    assert log_out(moto_stack, {"everywhere": True}, client).status == 204


def test_a_login_tells_no_secret_in_its_logs(
    moto_stack: MotoStack, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
):
    caplog.set_level(logging.INFO)
    made(moto_stack, temporary=True)
    session = log_in(moto_stack, newPassword=OTHER).body
    refresh(moto_stack, session["refreshToken"])
    fail_login(moto_stack, "InternalErrorException")
    log_in(moto_stack, password=OTHER)
    log_in(moto_stack, password="wrong")

    records = "".join(str(vars(record)) for record in caplog.records)
    logged = "".join([caplog.text, records, *capfd.readouterr()])

    assert "refused by the pool" in logged
    for secret in (PASSWORD, OTHER, session["token"], session["refreshToken"]):
        assert secret not in logged
