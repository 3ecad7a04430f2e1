"""The services of the routes of /auth, and who registers users."""

from shared.auth.principal import Principal, PrincipalKind, Role
from shared.auth.users.bearers import bearers
from shared.auth.users.creation import UserCreation
from shared.auth.users.pool import user_pool
from shared.auth.users.repository import user_repository
from shared.errors import InvalidTokenError
from shared.http.caller import calling_principal, is_bootstrapping
from shared.ids import new_id
from shared.times import utc_now

FOUNDER = Principal(
    tenant="default", name="system", kind=PrincipalKind.LOCAL, role=Role.PARTICIPANT
)
"""The one who comes without a token to a stack that was made with bootstrap=open."""


def registering(authorization: str | None) -> Principal:
    """Return who makes a user: an admin by its token, or the founder; InvalidTokenError."""
    try:
        return calling_principal()
    except InvalidTokenError:
        if not is_bootstrapping():
            raise
    return FOUNDER if authorization is None else bearers().admin_of(authorization)


def user_creation(by: Principal) -> UserCreation:
    return UserCreation(
        users=user_repository(by.tenant),
        pool=user_pool(),
        now=utc_now,
        new_id=new_id,
        by=by.name,
        founds=by is FOUNDER,
    )
