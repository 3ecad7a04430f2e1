"""The making of a user in two places: a row that is PENDING, the pool's user, the row ACTIVE.

Whoever dies in between leaves a row that lets nobody in. The same request again goes on in its
place, once nobody can be at it any more; what nobody asks for again the sweep removes, for the
password is nowhere. No step minds being done twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from shared.auth.principal import Role
from shared.auth.users.membership import groups_of
from shared.auth.users.models import User, UserDraft, UserRecord, UserStatus
from shared.auth.users.pool import UserPool
from shared.auth.users.repository import UserRepository
from shared.errors import (
    IdempotencyInProgressError,
    InvalidTokenError,
    PlatformError,
    UnavailableError,
    UsernameTakenError,
)
from shared.idempotency.response_writer import NOT_KEYED, ResponseWriter
from shared.observability import logger
from shared.times import to_rfc3339

LEASE: Final = timedelta(seconds=30)
"""The time after which an attempt has died: a function of the API lives for 29 seconds."""
LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class UserCreation:
    """The making of users of one tenant, by somebody.

    With `founds` only of the tenant's first user. `lease` is how long another attempt at the same
    name is left alone.
    """

    users: UserRepository
    pool: UserPool
    now: Callable[[], datetime]
    new_id: Callable[[datetime], str]
    by: str
    founds: bool = False
    lease: timedelta = LEASE

    def create(self, draft: UserDraft, keep: ResponseWriter[User] = NOT_KEYED) -> User:
        """Make a user; UsernameTakenError, InvalidTokenError where it may only be the first."""
        user = self._begin(draft)
        try:
            self._provide(user, draft)
        except Exception:
            self._undo(user)
            raise
        active = user.model_copy(update={"status": UserStatus.ACTIVE})
        shown = User.of(active)
        failed = self.users.activate(active, keep.write_with(shown))
        if "user" in failed:
            raise taken()
        if failed:
            raise IdempotencyInProgressError("a repeat of this request was faster")
        return shown

    def resume(self, user: UserRecord) -> UserRecord | None:
        """Take over from an attempt that ended halfway; None when somebody else did."""
        now = self.now()
        new = user.model_copy(update={"attempt": self.new_id(now), "begun_at": now})
        return new if self.users.take_over(user, new) else None

    def remove(self, user: UserRecord) -> None:
        """Forget a user whose making ended halfway, the pool's first."""
        self.pool.delete(user.username)
        tenant = self.users.find_tenant()
        is_founder = tenant is not None and tenant.founder == user.username
        founded = is_founder and tenant is not None and not tenant.acting_admins
        self.users.remove(user, founded=founded)

    def _begin(self, draft: UserDraft) -> UserRecord:
        now = self.now()
        attempt = self.new_id(now)
        user = UserRecord(
            id=attempt,
            username=draft.username,
            role=Role.ADMIN if self.founds else draft.role,
            groups=draft.groups,
            attempt=attempt,
            begun_at=now,
            created_at=now,
            created_by=self.by,
        )
        failed = self.users.add(user, founds=self.founds)
        if not failed:
            return user
        if "tenant" in failed and not self._is_founder(user.username):
            raise InvalidTokenError("log in first: the first user of this tenant is there already")
        return self._in_place_of(self.users.find(user.username), user)

    def _in_place_of(self, old: UserRecord | None, new: UserRecord) -> UserRecord:
        """Go on in place of an attempt at the same user that has died, or refuse."""
        if old is None or old.is_active or self.now() - old.begun_at < self.lease:
            raise taken()
        mine = new.model_copy(update={"id": old.id})
        if not self.users.take_over(old, mine):
            raise taken()
        return mine

    def _is_founder(self, username: str) -> bool:
        tenant = self.users.find_tenant()
        return tenant is not None and tenant.founder == username and not tenant.acting_admins

    def _provide(self, user: UserRecord, draft: UserDraft) -> None:
        self.pool.create(user.username)
        if not self.pool.set_password(user.username, draft.password, temporary=draft.temporary):
            raise UnavailableError("somebody else removed the user meanwhile, try again")
        self.pool.set_groups(user.username, groups_of(self.users.tenant, user))

    def _undo(self, user: UserRecord) -> None:
        """Leave nothing, or at least nothing that a repeat would have to wait for."""
        try:
            self.remove(user)
        except (ClientError, BotoCoreError, PlatformError):
            logger.exception("left to the sweep")
            try:
                self.users.release(user, to_rfc3339(LONG_AGO))
            except (ClientError, BotoCoreError):
                logger.exception("left to the sweep, for which a repeat has to wait")


def taken() -> UsernameTakenError:
    return UsernameTakenError("there is a user of this name: names are unique, in lower case")
