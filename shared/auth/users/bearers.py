"""The bearers of access tokens where no gateway has looked at them: on `POST /auth/register`.

With the option `bootstrap=open` that route takes requests without a token, so the gateway checks
none of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from shared.auth.claims import principal_of
from shared.auth.principal import Principal, Role
from shared.auth.users.pool import UserPool, user_pool
from shared.auth.users.repository import UserRepository, user_repository
from shared.auth.users.tokens import claims_in
from shared.errors import ForbiddenError, InvalidTokenError
from shared.times import utc_now

SCHEME = "bearer "


@dataclass(frozen=True)
class Bearers:
    """The admins behind tokens."""

    pool: UserPool
    users_of: Callable[[str], UserRepository]
    now: Callable[[], datetime]

    def admin_of(self, authorization: str) -> Principal:
        """Return the admin whose token a header holds; InvalidTokenError, ForbiddenError.

        The pool says whether the token is good, and takes those of other pools too: that it is
        this one's, and of our client, its claims say.
        """
        if not authorization.lower().startswith(SCHEME):
            raise InvalidTokenError("send Authorization: Bearer with an access token")
        token = authorization[len(SCHEME) :].strip()
        claims = claims_in(token)
        is_ours = claims.get("client_id") == self.pool.client_id and claims.get("iss", "").endswith(
            f"/{self.pool.pool_id}"
        )
        if not is_ours or self.pool.name_of(token) != claims.get("username"):
            raise InvalidTokenError("this is no access token of ours, or it is over")
        caller = principal_of(claims, self.now())
        user = self.users_of(caller.tenant).find(caller.name)
        if user is None or not user.may_log_in:
            raise InvalidTokenError("there is no such user any more")
        if not (user.is_acting_admin and caller.role is Role.ADMIN):
            raise ForbiddenError(f"this takes the role {Role.ADMIN}")
        return caller


@cache
def bearers() -> Bearers:
    return Bearers(pool=user_pool(), users_of=user_repository, now=utc_now)
