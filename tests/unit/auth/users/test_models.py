"""Names, groups and passwords of users: which there can be, and what is never shown."""

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from shared.auth.principal import Role
from shared.auth.users.models import PasswordChange, UserDraft, folded, is_username
from shared.auth.users.sessions import LoginDraft, RefreshDraft, Renewal

PASSWORD = "correct horse battery"


def draft(**change: object) -> UserDraft:
    fields = {"username": "ann", "password": PASSWORD, "role": "viewer", **change}
    return UserDraft.model_validate(fields)


@pytest.mark.parametrize("name", ["Ann", "a", "a" * 100, "a.b@c-d+e_f", "0", "Z"])
def test_names_are_stored_in_lower_case(name: str):
    assert draft(username=name).username == name.lower()
    assert is_username(name.lower())


@pytest.mark.parametrize(
    "name", ["", "a" * 101, "a b", "a:b", "é", "\u017f", "\u212a", "me", "ann\n"]
)
def test_other_names_are_none(name: str):
    assert not is_username(name)
    with pytest.raises(ValidationError):
        draft(username=name)


@pytest.mark.parametrize("name", ["ME", "Local", "system"])
def test_names_of_others_are_kept(name: str):
    with pytest.raises(ValidationError, match="is kept for others"):
        draft(username=name)


@pytest.mark.parametrize("spelled", [str, str.upper])
def test_a_name_by_which_the_pool_would_take_somebody_else_is_none(spelled: Callable[[str], str]):
    """Cognito takes the `sub` of a user, of whatever tenant, wherever it asks for a name."""
    name = spelled("a1b2c3d4-0000-4abc-8def-0123456789ab")

    assert not is_username(folded(name))
    with pytest.raises(ValidationError, match="must not look like the id of a user"):
        draft(username=name)
    assert draft(username=f"{name}x")


@pytest.mark.parametrize("password", ["x" * 12, "x" * 256, "пароль пароль", "a\tb" * 6, "😀" * 12])
def test_a_password_may_be_of_any_kind(password: str):
    assert draft(password=password).password == password


@pytest.mark.parametrize("password", ["", "x" * 11, "x" * 257, " " * 20, "x" * 12 + "\n"])
def test_a_password_is_long_and_does_not_end_in_a_blank(password: str):
    with pytest.raises(ValidationError):
        draft(password=password)


def test_groups_are_a_set():
    assert draft(groups=["b", "a", "b"]).groups == ("a", "b")
    assert draft(role="auditor").role is Role.AUDITOR


@pytest.mark.parametrize(
    "model",
    [
        draft(),
        PasswordChange(password=PASSWORD, current_password=PASSWORD),
        LoginDraft(username="ann", password=PASSWORD, new_password=PASSWORD),
        RefreshDraft(refresh_token=PASSWORD),
        Renewal(token=PASSWORD, expires_in=1, refresh_token=PASSWORD),
    ],
    ids=lambda model: type(model).__name__,
)
def test_no_secret_is_written_where_a_model_is_printed(model: object):
    assert PASSWORD not in f"{model} {model!r}"
