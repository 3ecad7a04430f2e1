"""Users whose making, or change, dies after any call: nobody is in the pool without a row.

What died is repeated once its lease is over, or swept after five minutes.
"""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import boto3
import pytest

from shared.auth.users import items
from shared.ids import new_id
from tests.support.calls import Call
from tests.support.cognito import pool_users
from tests.support.refusing import each_error, failing_calls
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
    refused_by_cognito,
    register,
)

pytestmark = pytest.mark.proof

CALLS = 30
"""More calls than making a user takes."""


def table(stack: MotoStack) -> Any:
    return boto3.resource("dynamodb").Table(stack.environment["USERS_TABLE_NAME"])


def rows(stack: MotoStack) -> list[Any]:
    """All rows but counts of logins and tenants' own."""
    found = table(stack).scan()["Items"]
    return [each for each in found if not each["pk"].startswith("#attempts")]


def of_user(stack: MotoStack, name: str) -> Any:
    return table(stack).get_item(Key=items.user_key("acme", name)).get("Item")


def marks(stack: MotoStack) -> list[Any]:
    return [each for each in rows(stack) if each["pk"] == items.UNFINISHED]


def let_pass(stack: MotoStack, time: timedelta) -> None:
    """Make what is unfinished older: rows begin earlier, marks sort earlier."""
    for mark in marks(stack):
        began = datetime.now(UTC) - time
        older = new_id(began)
        user = of_user(stack, mark["username"])
        table(stack).delete_item(Key=items.mark_key(mark["sk"]))
        table(stack).put_item(Item={**mark, "sk": older, "attempt": older})
        if user and user["attempt"] == mark["sk"]:
            told = {"attempt": older, "begunAt": began.isoformat(timespec="milliseconds")}
            table(stack).put_item(Item={**user, **told})


def sweep(stack: MotoStack) -> int:
    return int(stack.invoke("users", {"sweep": True})["swept"])


def in_pool(stack: MotoStack) -> dict[str, Any]:
    return pool_users(stack.environment["USER_POOL_ID"])


def check_whole(stack: MotoStack, name: str = "ann") -> bool:
    """Whether the user is there, in all places alike; nowhere is well too."""
    row = of_user(stack, name)
    assert marks(stack) == []
    if row is None:
        assert name not in in_pool(stack)
        assert [each for each in rows(stack) if name in str(each)] == []
        return False
    assert row["status"] == "ACTIVE"
    assert in_pool(stack)[name].status == "CONFIRMED"
    return True


def dying(stack: MotoStack, function: str, request: Any) -> Any:
    """Yield after each death of a function, at its first call, its second, until it lives."""
    for number in range(1, CALLS):
        stack.calls.clear()
        stack.calls.crash_after(number, function)
        try:
            request(number)
        except SystemExit:
            yield number
            stack.calls.clear()
        else:
            if stack.calls.has_crashed:
                yield number
                continue
            assert number > 3
            return
    pytest.fail("it makes more calls than that")


def test_a_user_whose_making_dies_cannot_log_in_and_is_swept(moto_stack: MotoStack):
    made(moto_stack, "zed", "viewer")
    deaths = 0

    for number in dying(moto_stack, "auth", lambda number: register(moto_stack, f"u{number}")):
        deaths, name = deaths + 1, f"u{number}"
        row = of_user(moto_stack, name)
        is_whole = row is not None and row["status"] == "ACTIVE"
        assert (log_in(moto_stack, name).status == 200) == is_whole
        listed = moto_stack.api("GET", USERS, claims=ADMIN).body
        assert (name in {each["username"] for each in listed}) == is_whole
        assert sweep(moto_stack) == 0  # another may be at it
        let_pass(moto_stack, timedelta(minutes=6))
        sweep(moto_stack)
        assert check_whole(moto_stack, name) == is_whole
    assert deaths >= 7
    assert sweep(moto_stack) == 0


def test_a_user_whose_making_dies_is_made_by_the_next_request(moto_stack: MotoStack):
    for number in dying(moto_stack, "auth", lambda number: register(moto_stack, f"u{number}")):
        name = f"u{number}"
        is_whole = of_user(moto_stack, name)["status"] == "ACTIVE"
        if not is_whole:
            assert code(register(moto_stack, name)) == (409, "username_taken")
        let_pass(moto_stack, timedelta(seconds=31))
        again = register(moto_stack, name, "editor", password=OTHER, groups=["ops"])
        assert again.status == (409 if is_whole else 201), again.body
        assert check_whole(moto_stack, name)
        if not is_whole:
            session = log_in(moto_stack, name, OTHER).body
            assert groups_in(session["token"]) == ["group:ops", "role:editor", "tenant:acme"]
            assert log_in(moto_stack, name).status == 401


def test_the_sweep_may_die_too(moto_stack: MotoStack):
    def half_made(name: str) -> None:
        moto_stack.calls.clear()
        moto_stack.calls.crash_after(3, "auth")
        with pytest.raises(SystemExit):
            register(moto_stack, name)
        let_pass(moto_stack, timedelta(minutes=6))

    def swept(number: int) -> None:
        half_made(f"u{number}")
        moto_stack.calls.clear()
        moto_stack.calls.crash_after(number, "users")
        sweep(moto_stack)

    for number in dying(moto_stack, "users", swept):
        assert log_in(moto_stack, f"u{number}").status == 401
        let_pass(moto_stack, timedelta(minutes=6))
        sweep(moto_stack)
        assert not check_whole(moto_stack, f"u{number}")


@pytest.mark.parametrize("swept", [True, False])
@pytest.mark.parametrize(
    "change", [{"role": "viewer", "groups": ["night"]}, {"disabled": True}], ids=str
)
def test_a_change_that_dies_reaches_the_pool(
    change: dict[str, Any], *, swept: bool, moto_stack: MotoStack
):
    made(moto_stack, "boss", "admin")

    def request(number: int) -> Answer:
        name = f"u{number}"
        if of_user(moto_stack, name) is None:
            moto_stack.calls.clear()
            made(moto_stack, name, "editor", groups=["ops"])
            moto_stack.calls.crash_after(number, "users")
        return moto_stack.api("PUT", f"{USERS}/{name}", change, claims=ADMIN)

    for number in dying(moto_stack, "users", request):
        name = f"u{number}"
        if swept:
            let_pass(moto_stack, timedelta(minutes=6))
            sweep(moto_stack)
            is_changed = of_user(moto_stack, name)["version"] == 2
        else:
            answer = request(number)
            assert answer.status == 200, answer.body
            is_changed = True
            let_pass(moto_stack, timedelta(minutes=6))
            sweep(moto_stack)
        assert marks(moto_stack) == []
        check_pool(moto_stack, name, change if is_changed else {})


def check_pool(stack: MotoStack, name: str, change: dict[str, Any]) -> None:
    """Check that the pool knows of a change to an editor of `ops`."""
    user = in_pool(stack)[name]
    assert user.enabled == ("disabled" not in change)
    role, groups = change.get("role", "editor"), change.get("groups", ["ops"])
    expected = {"tenant:acme", f"role:{role}", *(f"group:{each}" for each in groups)}
    assert {group.group_name for group in user.groups} == expected


@pytest.mark.parametrize("number", range(2, 8))
def test_two_changes_at_once_leave_the_pool_as_the_row(number: int, moto_stack: MotoStack):
    made(moto_stack, "ann", "editor", groups=["ops"])

    def change(role: str, groups: list[str]) -> int:
        body = {"role": role, "groups": groups}
        return moto_stack.api("PUT", f"{USERS}/ann", body, claims=ADMIN).status

    moto_stack.calls.meanwhile(number, "users", lambda: change("viewer", ["night"]))
    assert change("executor", ["day"]) == 200

    row = of_user(moto_stack, "ann")
    found = {group.group_name for group in in_pool(moto_stack)["ann"].groups}
    assert found == {f"role:{row['role']}", "tenant:acme", *(f"group:{g}" for g in row["groups"])}
    assert marks(moto_stack) == []


@pytest.mark.parametrize("number", range(1, 8))
def test_one_of_two_who_want_a_name_gets_it(number: int, moto_stack: MotoStack):
    answers: list[Answer] = []
    moto_stack.calls.meanwhile(
        number, "auth", lambda: answers.append(register(moto_stack, password=OTHER))
    )
    answers.append(register(moto_stack))

    assert sorted(each.status for each in answers) == [201, 409]
    assert check_whole(moto_stack)
    winner = PASSWORD if answers[-1].status == 201 else OTHER
    assert log_in(moto_stack, "ann", winner).status == 200


@each_error
def test_a_user_that_could_not_be_made_is_not_there(error: Exception, moto_stack: MotoStack):
    names = (f"u{number}" for number in range(CALLS))
    for _ in failing_calls(moto_stack, error, "auth"):
        name = next(names)
        answer = register(moto_stack, name)
        if answer.status == 201:
            continue
        assert code(answer) == (503, "unavailable")
        moto_stack.calls.clear()
        repeated = register(moto_stack, name)
        assert repeated.status == 201 or of_user(moto_stack, name)["status"] == "PENDING"
        if repeated.status != 201:  # the last write may have been made: nobody can tell
            let_pass(moto_stack, timedelta(seconds=31))
            assert register(moto_stack, name).status == 201
        assert check_whole(moto_stack, name)


def test_what_cannot_be_undone_either_can_be_repeated_at_once(moto_stack: MotoStack):
    error = refused_by_cognito("TooManyRequestsException")
    for operation in ("AdminSetUserPassword", "AdminDeleteUser"):
        moto_stack.calls.fail_next(error, partial(is_of, operation))

    assert code(register(moto_stack)) == (503, "unavailable")
    assert register(moto_stack, password=OTHER).status == 201

    assert check_whole(moto_stack)


def test_an_idle_sweep_is_one_query(moto_stack: MotoStack):
    made(moto_stack)
    moto_stack.calls.clear()

    assert sweep(moto_stack) == 0

    assert moto_stack.calls.of("users") == ["DynamoDB.Query"]


def test_one_user_that_resists_does_not_stop_the_sweep(moto_stack: MotoStack):
    for name in ("one", "two"):
        moto_stack.calls.crash_after(2, "auth")
        with pytest.raises(SystemExit):
            register(moto_stack, name)
        moto_stack.calls.clear()
    let_pass(moto_stack, timedelta(minutes=6))
    error = refused_by_cognito("InternalErrorException", 500)
    moto_stack.calls.fail_next(error, lambda call: call.operation.endswith("AdminDeleteUser"))

    with pytest.raises(RuntimeError, match="1 of 2"):
        sweep(moto_stack)
    let_pass(moto_stack, timedelta(minutes=6))
    assert sweep(moto_stack) == 1

    assert not check_whole(moto_stack, "one")
    assert not check_whole(moto_stack, "two")


def is_of(operation: str, call: Call) -> bool:
    return call.operation.endswith(operation)
