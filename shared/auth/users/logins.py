"""Logins: tokens for a name and a password, or for a refresh token, and the end of them.

Whoever cannot log in gets one answer, after the same calls in the same order and after a multiple
of 250 ms: an unknown name, a wrong password, a disabled user.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from shared.auth.claims import OURS, TENANT
from shared.auth.padding import Clock, Sleep, padded
from shared.auth.principal import Principal, PrincipalKind
from shared.auth.users.attempts import LoginLimiter, login_limiter
from shared.auth.users.membership import groups_of, tell_pool
from shared.auth.users.models import UserRecord, folded, is_username
from shared.auth.users.pool import UserPool, invalid_credentials, user_pool
from shared.auth.users.repository import UserRepository, user_repository
from shared.auth.users.sessions import (
    Challenge,
    LoginDraft,
    LogoutDraft,
    Renewal,
    Session,
    SessionUser,
    Tokens,
)
from shared.auth.users.tokens import claims_in
from shared.errors import (
    InvalidCredentialsError,
    PasswordDueError,
    UnavailableError,
)
from shared.times import utc_now
from shared.validation import invalid_at

NOBODY = "system"
"""A name that no user can have, in place of one that no name can be."""


@dataclass(frozen=True)
class LoginService:
    """Logins of users, whatever their tenant: the token tells it."""

    pool: UserPool
    users_of: Callable[[str], UserRepository]
    limiter: LoginLimiter
    now: Callable[[], datetime]
    clock: Clock = time.monotonic
    sleep: Sleep = time.sleep

    def log_in(self, draft: LoginDraft, address: str) -> Session:
        """Return tokens; InvalidCredentialsError, PasswordDueError, TooManyRequestsError."""
        name = folded(draft.username)
        name = name if is_username(name) else NOBODY

        def work() -> tuple[UserRecord, Tokens]:
            with self.limiter.counted(name, address):
                return self._confirmed(self._tokens(name, draft))

        user, tokens = padded(work, self.clock, self.sleep)
        shown = SessionUser(username=user.username, role=user.role, groups=user.groups)
        return Session(**_renewal(tokens), user=shown)

    def refresh(self, token: str) -> Renewal:
        """Return tokens for a refresh token; InvalidCredentialsError."""

        def work() -> Tokens:
            tokens = self.pool.refresh(token)
            return self._confirmed(tokens._replace(refresh=tokens.refresh or token))[1]

        try:
            return Renewal(**_renewal(padded(work, self.clock, self.sleep)))
        except InvalidCredentialsError:
            raise InvalidCredentialsError("the refresh token is not good: log in again") from None

    def log_out(self, draft: LogoutDraft, caller: Principal) -> None:
        """End one login or all of the caller's: what has no end needs none."""
        if draft.refresh_token is None and not draft.everywhere:
            raise invalid_at("", "refreshToken, or everywhere: true, is required")
        if draft.refresh_token is not None:
            self.pool.revoke(draft.refresh_token)
        if draft.everywhere and caller.kind is PrincipalKind.USER:
            self.pool.sign_out(caller.name)

    def _tokens(self, name: str, draft: LoginDraft) -> Tokens:
        found = self.pool.log_in(name, draft.password)
        if isinstance(found, Challenge):
            if draft.new_password is None:
                raise PasswordDueError("this password was for one use: send newPassword as well")
            if draft.new_password == draft.password:
                raise invalid_at("newPassword", "must be another than the one that was for one use")
            return self.pool.renew_password(name, found, draft.new_password)
        if draft.new_password is not None:
            message = "is for a password that was set for one use, and this one was not"
            raise invalid_at("newPassword", message)
        return found

    def _confirmed(self, tokens: Tokens) -> tuple[UserRecord, Tokens]:
        """Hold tokens against the user's row, which decides who may log in, and as what.

        Where a change has not reached the pool yet, it does now, and the tokens are made anew.
        """
        user, groups = self._user_of(tokens)
        wanted = groups_of(_tenant_of(groups), user)
        if groups == wanted:
            return user, tokens
        user = tell_pool(self.users_of(_tenant_of(groups)), self.pool, user)
        fresh = self.pool.refresh(tokens.refresh)
        user, groups = self._user_of(fresh)
        if groups != groups_of(_tenant_of(groups), user):
            raise UnavailableError("the user is being changed, try again")
        return user, fresh._replace(refresh=fresh.refresh or tokens.refresh)

    def _user_of(self, tokens: Tokens) -> tuple[UserRecord, frozenset[str]]:
        """Return the user who may use tokens, and the groups of ours that they tell of."""
        claims = claims_in(tokens.access)
        told = claims["cognito:groups"].strip("[]").split()
        groups = frozenset(each for each in told if each.startswith(OURS))
        user = self.users_of(_tenant_of(groups)).find(claims.get("username", ""))
        if user is None or not user.may_log_in:
            raise invalid_credentials()
        return user, groups


def _tenant_of(groups: frozenset[str]) -> str:
    """Return the one tenant that groups name; who has none was not made to the end."""
    tenants = [each.removeprefix(TENANT) for each in groups if each.startswith(TENANT)]
    if len(tenants) != 1:
        raise invalid_credentials()
    return tenants[0]


def _renewal(tokens: Tokens) -> dict[str, str | int]:
    return {
        "token": tokens.access, "expires_in": tokens.expires_in, "refresh_token": tokens.refresh
    }  # fmt: skip


@cache
def login_service() -> LoginService:
    return LoginService(
        pool=user_pool(), users_of=user_repository, limiter=login_limiter(), now=utc_now
    )
