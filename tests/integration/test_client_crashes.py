"""Machine clients whose making, rotation or end dies after any call, or that AWS refuses.

Nobody can log in but with a secret that somebody was told, and nothing stays at the pool.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from shared.times import to_rfc3339, utc_now
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
from tests.support.refusing import each_error
from tests.support.stack import Answer, MotoStack
from tests.support.users import code, refused_by_cognito

pytestmark = pytest.mark.proof

CALLS = 30
"""More calls than anything here takes."""
SIX_MINUTES = timedelta(minutes=6)
HALF_A_MINUTE = timedelta(seconds=31)
DELETE_USER = "Cognito Identity Provider.AdminDeleteUser"


def dying(stack: MotoStack, request: Any) -> Iterator[int]:
    """Yield after each death of the function, at its first call, its second, until it lives."""
    for number in range(1, CALLS):
        stack.calls.clear()
        stack.calls.crash_after(number, "clients")
        try:
            request(number)
        except SystemExit:
            pass
        else:
            if not stack.calls.has_crashed:
                assert number > 3
                stack.calls.clear()
                return
        stack.calls.clear()
        yield number
    pytest.fail("it makes more calls than that")


def refused(stack: MotoStack, error: Exception, request: Any) -> Iterator[tuple[int, Answer]]:
    """Yield each answer of a function whose first call AWS refuses, its second, until none."""
    for number in range(1, CALLS):
        stack.calls.clear()
        stack.calls.fail_at(number, error, "clients")
        answer = request(number)
        is_last = not stack.calls.has_failed
        stack.calls.clear()
        yield number, answer
        if is_last:
            assert number > 3
            return
    pytest.fail("it makes more calls than that")


def users_in_rows(stack: MotoStack) -> set[str]:
    """The users of the pool behind secrets that are not over."""
    found = [row for row in rows(stack) if row["pk"].endswith("#clients")]
    now = to_rfc3339(utc_now())
    return {
        each["username"]
        for row in found
        for each in row["secrets"]
        if each.get("until", now).replace("+00:00", "Z") >= now
    }


def check_whole(stack: MotoStack) -> None:
    """Nothing is left of what died: what is at the pool has a row, each row an end and a name."""
    assert marks(stack) == []
    assert in_pool(stack) == users_in_rows(stack)
    kinds = [row["pk"].rpartition("#")[2] for row in rows(stack) if row["pk"].startswith("acme#")]
    count = len(listed(stack))
    assert sorted(kinds) == sorted(["client-names", "clients"] * count)
    assert len([row for row in rows(stack) if row["pk"].startswith("#client#")]) == count


def test_a_client_whose_making_dies_is_swept(moto_stack: MotoStack):
    deaths = 0
    for number in dying(moto_stack, lambda n: ask_for_client(moto_stack, f"c{n}")):
        deaths += 1
        is_made = f"c{number}" in {each["name"] for each in listed(moto_stack)}
        assert sweep(moto_stack) == 0  # another may be at it
        let_pass(moto_stack, SIX_MINUTES)
        assert sweep(moto_stack) == (0 if is_made else 1)
        assert (f"c{number}" in {each["name"] for each in listed(moto_stack)}) == is_made
        check_whole(moto_stack)
    assert deaths >= 6


def test_a_name_is_free_again_once_nobody_can_be_at_it(moto_stack: MotoStack):
    for number in dying(moto_stack, lambda n: ask_for_client(moto_stack, f"c{n}")):
        name = f"c{number}"
        is_made = name in {each["name"] for each in listed(moto_stack)}
        assert code(ask_for_client(moto_stack, name)) == (409, "client_name_taken")
        let_pass(moto_stack, HALF_A_MINUTE)
        again = ask_for_client(moto_stack, name)
        assert again.status == (409 if is_made else 201), again.body
        if not is_made:
            assert token(moto_stack, again.body).status == 200
        let_pass(moto_stack, SIX_MINUTES)
        sweep(moto_stack)
        check_whole(moto_stack)
        if not is_made:
            assert token(moto_stack, again.body).status == 200


def test_a_rotation_that_dies_leaves_the_secret_that_is_known(moto_stack: MotoStack):
    client = there = made(moto_stack)
    deaths = 0
    for _ in dying(moto_stack, lambda _: rotate(moto_stack, there)):
        deaths += 1
        assert token(moto_stack, client).status == 200
        let_pass(moto_stack, SIX_MINUTES)
        sweep(moto_stack)
        if len(in_pool(moto_stack)) == 2:  # it was stored, and nobody was told the new one
            client = rotate(moto_stack, client).body
            let_pass(moto_stack, timedelta(hours=25))
            sweep(moto_stack)
        check_whole(moto_stack)
        assert token(moto_stack, client).status == 200
    assert deaths >= 6


def test_a_third_secret_that_dies_leaves_nothing_of_the_first(moto_stack: MotoStack):
    first = made(moto_stack)
    for _ in dying(moto_stack, lambda _: rotate(moto_stack, first)):
        second = rotate(moto_stack, first).body
        assert token(moto_stack, second).status == 200
        let_pass(moto_stack, timedelta(hours=25))
        sweep(moto_stack)
        check_whole(moto_stack)
        assert token(moto_stack, first).status == 401
        assert token(moto_stack, second).status == 200


def test_a_client_whose_end_dies_is_refused_or_still_whole(moto_stack: MotoStack):
    clients = [made(moto_stack, f"c{number}") for number in range(8)]
    clients = [rotate(moto_stack, each).body for each in clients]
    deaths = 0
    for number in dying(moto_stack, lambda n: delete(moto_stack, clients[n])):
        deaths, client = deaths + 1, clients[number]
        is_there = client["name"] in {each["name"] for each in listed(moto_stack)}
        assert token(moto_stack, client).status == (200 if is_there else 401)
        assert delete(moto_stack, client).status == (204 if is_there else 404)
        assert made(moto_stack, client["name"])["clientId"] != client["clientId"]
        let_pass(moto_stack, timedelta(hours=25))
        sweep(moto_stack)
        assert token(moto_stack, client).status == 401
    assert deaths >= 4
    for each in listed(moto_stack):
        delete(moto_stack, each)
    let_pass(moto_stack, timedelta(hours=25))
    sweep(moto_stack)
    check_whole(moto_stack)
    assert in_pool(moto_stack) == set()


@each_error
def test_a_making_that_aws_refuses_leaves_nothing(error: Exception, moto_stack: MotoStack):
    for number, answer in refused(moto_stack, error, lambda n: ask_for_client(moto_stack, f"c{n}")):
        name = f"c{number}"
        is_made = name in {each["name"] for each in listed(moto_stack)}
        assert answer.status == (201 if is_made else 503), answer.body
        if not is_made:
            assert ask_for_client(moto_stack, name).status == 201
        let_pass(moto_stack, SIX_MINUTES)
        sweep(moto_stack)
        check_whole(moto_stack)


@each_error
def test_a_rotation_that_aws_refuses_leaves_the_secret(error: Exception, moto_stack: MotoStack):
    client = there = made(moto_stack)
    for _, answer in refused(moto_stack, error, lambda _: rotate(moto_stack, there)):
        assert answer.status in {200, 503}
        assert token(moto_stack, client).status == 200
        client = answer.body if answer.status == 200 else client
        let_pass(moto_stack, timedelta(hours=25))
        sweep(moto_stack)
        check_whole(moto_stack)
        assert token(moto_stack, client).status == 200


def test_a_client_is_deleted_though_the_pool_is_away(moto_stack: MotoStack):
    client = made(moto_stack)
    for _ in range(2):
        moto_stack.calls.fail_next(
            refused_by_cognito("TooManyRequestsException"),
            lambda call: call.operation == DELETE_USER,
        )

    assert delete(moto_stack, client).status == 204
    assert token(moto_stack, client).status == 401
    assert len(in_pool(moto_stack)) == 1
    let_pass(moto_stack, SIX_MINUTES)
    with pytest.raises(RuntimeError, match="1 of 1"):
        sweep(moto_stack)
    assert sweep(moto_stack) == 1
    assert in_pool(moto_stack) == set()
    assert rows(moto_stack) == []


def test_two_rotations_at_once_are_both_told_or_refused(moto_stack: MotoStack):
    client = made(moto_stack)
    other: list[Any] = []
    moto_stack.calls.meanwhile(6, "clients", lambda: other.append(rotate(moto_stack, client).body))

    mine = rotate(moto_stack, client).body

    assert moto_stack.calls.has_interrupted
    assert [token(moto_stack, each).status for each in (other[0], mine)] == [200, 200]
    assert token(moto_stack, client).status == 401
    assert in_pool(moto_stack) == users_in_rows(moto_stack)


def test_a_rotation_that_meets_a_deletion_leaves_nothing(moto_stack: MotoStack):
    client = made(moto_stack)
    moto_stack.calls.meanwhile(6, "clients", lambda: delete(moto_stack, client))

    assert code(rotate(moto_stack, client)) == (404, "client_not_found")
    assert in_pool(moto_stack) == set()
    assert rows(moto_stack) == []


def test_a_repeat_that_overtakes_makes_one_client(moto_stack: MotoStack):
    key = {"idempotency-key": "k"}
    name = moto_stack.environment["IDEMPOTENCY_TABLE_NAME"]
    told: list[Any] = []

    def repeated() -> None:
        [claim] = moto_stack._dynamodb.scan(TableName=name)["Items"]
        moto_stack._dynamodb.update_item(
            TableName=name,
            Key={"id": claim["id"]},
            UpdateExpression="SET lockedUntil = :past",
            ExpressionAttributeValues={":past": {"N": "0"}},
        )
        let_pass(moto_stack, HALF_A_MINUTE)
        told.append(ask_for_client(moto_stack, headers=key))

    moto_stack.calls.meanwhile(4, "clients", repeated)

    mine = ask_for_client(moto_stack, headers=key)

    assert moto_stack.calls.has_interrupted
    assert told[0].status == 201
    assert code(mine) in {(409, "idempotency_in_progress"), (503, "unavailable")}
    assert [each["clientId"] for each in listed(moto_stack)] == [told[0].body["clientId"]]
    assert token(moto_stack, told[0].body).status == 200
    let_pass(moto_stack, SIX_MINUTES)
    sweep(moto_stack)
    check_whole(moto_stack)


def test_a_poisoned_mark_does_not_stop_the_others(moto_stack: MotoStack):
    for number in range(2):
        moto_stack.calls.crash_after(3, "clients")
        with pytest.raises(SystemExit):
            moto_stack.api("POST", CLIENTS, {"name": f"c{number}", "role": "viewer"}, claims=ADMIN)
        moto_stack.calls.clear()
    let_pass(moto_stack, SIX_MINUTES)
    [first, _] = sorted(marks(moto_stack), key=lambda each: str(each["sk"]))
    table(moto_stack).put_item(Item={**first, "tenant": "x" * 2048})

    with pytest.raises(RuntimeError, match="1 of 2"):
        sweep(moto_stack)

    assert [each["sk"] for each in marks(moto_stack)] == [first["sk"]]
