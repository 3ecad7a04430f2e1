"""The first admin of a home: made once, with a password that is kept before it is set."""

from pathlib import Path

import pytest

from infra.admins import Login, TenantError
from infra.local.credentials import KeyPair
from infra.local.deploy import Deployer, Deployment
from infra.local.first_admin import make_first_admin
from infra.local.logins import ADMIN, Logins
from infra.local.settings import Local, LocalStackError

DEPLOYMENT = Deployment(template="x", api_id="api", reconcile="reconcile", users="users")


class Users(Deployer):
    """A deployer whose stack has a pool of users, in memory."""

    def __init__(self, home: Path) -> None:
        super().__init__(Local(home=home, port=1, emulator_port=2), KeyPair.random())
        self.tenants: dict[str, Login] = {}
        self.fails = False

    def make_tenant(self, deployment: Deployment, tenant: str, admin: Login) -> bool:
        assert deployment == DEPLOYMENT
        if self.fails:
            raise TenantError("no")
        if tenant in self.tenants:
            return False
        self.tenants[tenant] = admin
        return True


@pytest.fixture(autouse=True)
def other_home(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()


def test_it_is_made_with_a_password_of_its_own_and_kept(tmp_path: Path) -> None:
    users = Users(tmp_path)

    login = make_first_admin(users, DEPLOYMENT)

    assert login is not None
    assert login.username == "admin"
    assert len(login.password) >= 20
    assert login.password not in repr(login)
    assert users.tenants == {"default": login}
    assert Logins(tmp_path / "logins.json").all() == {ADMIN: login}
    assert make_first_admin(Users(tmp_path / "other"), DEPLOYMENT) != login


def test_a_second_deployment_changes_nothing_and_shows_nothing(tmp_path: Path) -> None:
    users = Users(tmp_path)
    login = make_first_admin(users, DEPLOYMENT)

    assert make_first_admin(users, DEPLOYMENT) is None
    assert users.tenants == {"default": login}
    assert Logins(tmp_path / "logins.json").all() == {ADMIN: login}


def test_a_start_that_was_cut_short_is_followed_by_one_that_sets_the_same(tmp_path: Path) -> None:
    users = Users(tmp_path)
    users.fails = True
    with pytest.raises(LocalStackError, match=r"no: see .*run\.log"):
        make_first_admin(users, DEPLOYMENT)
    kept = Logins(tmp_path / "logins.json").all()[ADMIN]

    users.fails = False

    assert make_first_admin(users, DEPLOYMENT) == kept


def test_a_password_that_was_removed_is_not_replaced_by_one_that_does_not_work(
    tmp_path: Path,
) -> None:
    users = Users(tmp_path)
    make_first_admin(users, DEPLOYMENT)
    (tmp_path / "logins.json").unlink()

    assert make_first_admin(users, DEPLOYMENT) is None
    assert Logins(tmp_path / "logins.json").all() == {}
