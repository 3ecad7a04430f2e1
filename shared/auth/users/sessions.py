"""Logins as they are asked for and answered: tokens, and how long they last."""

from typing import Annotated, Literal, NamedTuple

from pydantic import Field, StrictBool, StringConstraints

from shared.auth.principal import Role
from shared.auth.users.models import GivenPassword, Password
from shared.records import StrictRecord

MAX_TOKEN_LENGTH = 8192
RefreshToken = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TOKEN_LENGTH)]


class LoginDraft(StrictRecord):
    """A login; `newPassword` replaces a password that was set for one use."""

    username: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    password: GivenPassword = Field(repr=False)
    new_password: Password | None = Field(default=None, repr=False)


class RefreshDraft(StrictRecord):
    """A login that goes on."""

    refresh_token: RefreshToken = Field(repr=False)


class LogoutDraft(StrictRecord):
    """The end of one login by its refresh token, or of all of the caller's."""

    refresh_token: RefreshToken | None = Field(default=None, repr=False)
    everywhere: StrictBool = False


class SessionUser(StrictRecord):
    """The user of a login."""

    username: str
    role: Role
    groups: tuple[str, ...]


class Renewal(StrictRecord):
    """Tokens: `token` for requests, for so many seconds, `refreshToken` for the next time."""

    token: str = Field(repr=False)
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a scheme, no secret
    expires_in: int
    refresh_token: str = Field(repr=False)


class Session(Renewal):
    """A login: tokens, and whose they are."""

    user: SessionUser


class Tokens(NamedTuple):
    """Tokens as a pool gives them; `refresh` is empty where the one sent goes on."""

    access: str
    expires_in: int
    refresh: str


class Challenge(NamedTuple):
    """The demand for a new password, in place of tokens."""

    session: str
