"""Users in their table, against DynamoDB as moto has it: conditions, pages and marks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.auth.principal import Role
from shared.auth.users.models import Tenant, Unfinished, UserRecord, UserStatus
from shared.auth.users.repository import UserRepository, unfinished
from shared.ids import new_id
from shared.times import to_rfc3339
from tests.support.tables import Tables

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def a_user(name: str = "ann", at: datetime = NOW, **fields: Any) -> UserRecord:
    made = new_id(at)
    told: dict[str, Any] = {"username": name, "role": Role.VIEWER, "groups": ("ops",), **fields}
    return UserRecord(
        id=made, attempt=made, begun_at=at, created_at=at, created_by="root", **told
    )  # fmt: skip


def active(user: UserRecord, **fields: Any) -> UserRecord:
    return user.model_copy(update={"status": UserStatus.ACTIVE, **fields})


@pytest.fixture
def table(tables: Tables) -> Any:
    return tables.table("USERS_TABLE_NAME")


@pytest.fixture
def users(table: Any) -> UserRepository:
    return UserRepository(table, "acme", sleep=lambda _: None)


def store(users: UserRepository, user: UserRecord) -> UserRecord:
    assert users.add(user) == frozenset()
    stored = active(user)
    assert users.activate(stored) == frozenset()
    return stored


def test_a_user_is_read_as_it_was_stored(users: UserRepository):
    user = a_user(disabled=True)

    assert users.add(user) == frozenset()

    assert users.find("ann") == user
    assert users.find("bob") is None
    assert users.find("x" * 3000) is None
    assert users.find("") is None


def test_a_name_is_taken_once_for_all_tenants(table: Any, users: UserRepository):
    other = UserRepository(table, "other")
    assert users.add(a_user()) == frozenset()

    assert users.add(a_user()) == {"user", "name"}
    assert other.add(a_user()) == {"name"}
    assert other.find("ann") is None


def test_a_founder_is_the_first(users: UserRepository):
    assert users.find_tenant() is None
    assert users.add(a_user(), founds=True) == frozenset()

    assert users.find_tenant() == Tenant(acting_admins=0, founder="ann")
    assert users.add(a_user("bob"), founds=True) == {"tenant"}


def test_one_attempt_goes_on_in_place_of_another(users: UserRepository):
    old = a_user()
    users.add(old)
    new, late = (old.model_copy(update={"attempt": new_id(NOW)}) for _ in range(2))

    assert users.take_over(old, new)
    assert not users.take_over(old, late)

    assert users.activate(active(old)) == {"user"}
    assert users.activate(active(new)) == frozenset()
    assert users.find("ann") == active(new)


def test_an_attempt_that_ended_is_released(users: UserRepository):
    user = a_user()
    users.add(user)

    users.release(user, to_rfc3339(NOW - timedelta(days=1)))

    found = users.find("ann")
    assert found
    assert found.begun_at == NOW - timedelta(days=1)


def test_a_user_that_was_not_made_leaves_nothing(table: Any, users: UserRepository):
    user = a_user()
    users.add(user, founds=True)
    stale = user.model_copy(update={"attempt": new_id(NOW)})

    assert not users.remove(stale, founded=True)
    assert users.remove(user, founded=True)

    assert table.scan()["Items"] == []


def test_admins_who_can_log_in_are_counted(users: UserRepository):
    one = store(users, a_user("one", role=Role.ADMIN))
    two = store(users, a_user("two", role=Role.ADMIN))
    assert users.find_tenant() == Tenant(acting_admins=2)
    demoted = one.model_copy(update={"role": Role.VIEWER, "version": 2})

    assert users.replace(one, demoted, new_id(NOW)) == frozenset()
    disabled = two.model_copy(update={"disabled": True, "version": 2})
    assert users.replace(two, disabled, new_id(NOW)) == {"admins"}
    assert users.replace(one, one, new_id(NOW)) == {"user"}

    assert users.find_tenant() == Tenant(acting_admins=1)
    assert users.find("two") == two


def test_users_are_read_newest_first_behind_an_id(users: UserRepository):
    made = [
        store(users, a_user(name, NOW + timedelta(seconds=number)))
        for number, name in enumerate("cab")
    ]

    first, after = users.newest(2, None)
    rest, end = users.newest(2, after)

    assert [each.username for each in first] == ["b", "a"]
    assert after == made[1].id
    assert ([each.username for each in rest], end) == (["c"], None)


def test_users_are_read_by_the_beginning_of_their_names(users: UserRepository):
    for name in ("abe", "ann", "bea"):
        store(users, a_user(name))

    assert [each.username for each in users.named("a", 9, None)] == ["abe", "ann"]
    assert [each.username for each in users.named("", 1, "abe")] == ["ann"]
    assert users.named("ac", 9, None) == []


def test_marks_are_read_oldest_first_until_they_are_settled(table: Any, users: UserRepository):
    old, new = a_user("old", NOW), a_user("new", NOW + timedelta(minutes=9))
    for user in (new, old):
        users.add(user)

    found = unfinished(table, NOW + timedelta(minutes=5), 9)

    assert found == [Unfinished(attempt=old.attempt, tenant="acme", username="old")]
    assert len(unfinished(table, NOW + timedelta(minutes=10), 9)) == 2
    users.settle(old.attempt)
    users.settle(old.attempt)
    assert unfinished(table, NOW + timedelta(minutes=5), 9) == []
