"""A user's place at the pool follows its row, whoever else changes that meanwhile."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.auth.principal import Role
from shared.auth.users.membership import MAX_ROUNDS, groups_of, tell_pool
from shared.auth.users.models import UserRecord, UserStatus
from shared.auth.users.pool import UserPool
from shared.auth.users.repository import UserRepository
from shared.errors import UnavailableError

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
ID = "01890000-0000-7000-8000-000000000000"
ANN = UserRecord(
    id=ID,
    username="ann",
    role=Role.EDITOR,
    groups=("ops",),
    status=UserStatus.ACTIVE,
    attempt=ID,
    begun_at=NOW,
    created_at=NOW,
    created_by="root",
)


class Rows(UserRepository):
    """The rows of `acme`, which may change whenever they are read."""

    def __init__(self, row: UserRecord | None, change: Callable[[UserRecord], UserRecord]) -> None:
        self.tenant = "acme"
        self.row = row
        self.change = change

    def find(self, _username: str) -> UserRecord | None:
        self.row = self.change(self.row) if self.row else None
        return self.row


class Pool(UserPool):
    """A pool that notes what it is told; nobody is in it if it `is_empty`."""

    def __init__(self, *, is_empty: bool = False) -> None:
        self.told: list[Any] = []
        self.is_empty = is_empty

    def set_groups(self, _username: str, wanted: Any) -> None:
        if self.is_empty:
            raise ClientError({"Error": {"Code": "UserNotFoundException"}}, "Call")
        self.told.append(sorted(wanted))

    def enable(self, _username: str) -> None:
        self.told.append("enable")

    def disable(self, _username: str) -> None:
        self.told.append("disable")


def same(user: UserRecord) -> UserRecord:
    return user


def test_the_pool_is_told_role_tenant_and_groups():
    pool = Pool()

    assert tell_pool(Rows(ANN, same), pool, ANN) == ANN

    assert pool.told == [["group:ops", "role:editor", "tenant:acme"], "enable"]


def test_a_disabled_user_is_disabled_before_all_else():
    pool, user = Pool(), ANN.model_copy(update={"disabled": True})

    tell_pool(Rows(user, same), pool, user)

    assert pool.told[0] == "disable"
    assert "enable" not in pool.told


def test_a_row_that_changed_meanwhile_is_told_again():
    pool = Pool()
    new = ANN.model_copy(update={"version": 2, "role": Role.VIEWER})

    assert tell_pool(Rows(ANN, lambda _: new), pool, ANN) == new

    assert pool.told[-2] == sorted(groups_of("acme", new))


def test_a_row_that_goes_on_changing_is_given_up():
    pool = Pool()
    rows = Rows(ANN, lambda user: user.model_copy(update={"version": user.version + 1}))

    with pytest.raises(UnavailableError):
        tell_pool(rows, pool, ANN)

    assert pool.told.count("enable") == MAX_ROUNDS


def test_who_is_gone_from_the_table_or_the_pool_needs_nothing():
    assert tell_pool(Rows(None, same), Pool(), ANN) == ANN
    assert tell_pool(Rows(ANN, same), Pool(is_empty=True), ANN) == ANN
