"""The logins of a home: kept for its owner, over restarts."""

from pathlib import Path

import pytest

from infra.admins import Login
from infra.local.logins import ADMIN, OTHER, Logins
from infra.local.settings import LocalStackError

ANN, BOB = Login("ann", "correct horse"), Login("bob", "battery staple")


def test_nothing_is_kept_at_first(tmp_path: Path) -> None:
    assert Logins(tmp_path / "logins.json").all() == {}


def test_logins_are_kept_for_their_owner_and_found_by_the_next_start(tmp_path: Path) -> None:
    file = tmp_path / "logins.json"

    Logins(file).keep(ADMIN, ANN)
    Logins(file).keep(OTHER, BOB)

    assert Logins(file).all() == {ADMIN: ANN, OTHER: BOB}
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_login_is_forgotten_alone(tmp_path: Path) -> None:
    logins = Logins(tmp_path / "logins.json")
    logins.keep(ADMIN, ANN)
    logins.keep(OTHER, BOB)

    logins.forget(ADMIN)

    assert logins.all() == {OTHER: BOB}


@pytest.mark.parametrize("text", ["", "[]", '{"admin": 1}', '{"admin": {"username": "ann"}}'])
def test_a_file_without_logins_says_what_to_do(tmp_path: Path, text: str) -> None:
    file = tmp_path / "logins.json"
    file.write_text(text)

    with pytest.raises(LocalStackError, match="make down, then remove"):
        Logins(file).all()
