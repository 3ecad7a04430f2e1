"""The use cases of users: list, read, change, passwords, and whom one can name."""

import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from shared.auth.claims import GROUP
from shared.auth.padding import Clock, Sleep, padded
from shared.auth.principal import Principal, Role
from shared.auth.roles import includes
from shared.auth.users.attempts import LoginLimiter
from shared.auth.users.membership import tell_pool
from shared.auth.users.models import (
    PasswordChange,
    Person,
    User,
    UserFilter,
    UserPatch,
    UserRecord,
    folded,
    is_username,
)
from shared.auth.users.pool import UserPool
from shared.auth.users.repository import UserRepository
from shared.errors import (
    ForbiddenError,
    InvalidCredentialsError,
    LastAdminError,
    UnavailableError,
    UserNotFoundError,
)
from shared.idempotency.response_writer import NOT_KEYED, ResponseWriter
from shared.paging import Page, decode_id, decode_name, encode_cursor
from shared.validation import check_if_match, invalid_at

MAX_LOOKS = 10
"""A filtered page reads at most so many pages of the list before it answers."""
TRIES = 5


@dataclass(frozen=True)
class UserService:
    """The users of one tenant."""

    users: UserRepository
    pool: UserPool
    limiter: LoginLimiter
    now: Callable[[], datetime]
    new_id: Callable[[datetime], str]
    clock: Clock = time.monotonic
    sleep: Sleep = time.sleep

    def get(self, username: str) -> User:
        """Return one user; UserNotFoundError."""
        return User.of(self._stored(username))

    def page(self, chosen: UserFilter, limit: int, cursor: str | None) -> Page[User]:
        """Return users newest first; a page below `limit` may still have a next."""
        query = f"{self.users.tenant}/users/{chosen.model_dump_json()}"
        after = decode_id(cursor, query) if cursor is not None else None
        found: list[User] = []
        for _ in range(MAX_LOOKS):
            read, after = self.users.newest(limit - len(found), after)
            found += [User.of(each) for each in read if chosen.accepts(each)]
            if after is None or len(found) >= limit:
                break
        return Page(tuple(found), encode_cursor(after, query) if after else None)

    def people(
        self, beginning: str, group: str | None, limit: int, cursor: str | None
    ) -> Page[Person]:
        """Return users that can log in, by name, whose names begin so."""
        query = f"{self.users.tenant}/people/{beginning}/{group}"
        begins = folded(beginning)
        after = None if cursor is None else decode_name(cursor, query, _within(begins))
        found: list[Person] = []
        for _ in range(MAX_LOOKS):
            count = limit - len(found)
            read = self.users.named(begins, count, after)
            found += [_person(each) for each in read if _can_be_named(each, group)]
            after = read[-1].username if len(read) == count else None
            if after is None or len(found) >= limit:
                break
        return Page(tuple(found), encode_cursor(after, query) if after else None)

    def replace(self, username: str, patch: UserPatch, if_match: str | None) -> User:
        """Save the fields that were sent, and tell the pool; LastAdminError, InvalidRequestError.

        Raises PreconditionFailedError for another version than `if_match` names.
        """
        for _ in range(TRIES):
            old = self._stored(username, if_match)
            new = _patched(old, patch)
            self._make_groups(set(new.groups) - set(old.groups))
            attempt = self.new_id(self.now())
            failed = self.users.replace(old, new, attempt) if new != old else frozenset()
            if "admins" in failed and "user" not in failed:
                raise LastAdminError("this is the last admin of the tenant who can log in")
            if not failed:
                tell_pool(self.users, self.pool, new)
                if new != old:
                    self.users.settle(attempt)
                return User.of(new)
        raise UnavailableError("the user is being changed by others, try again")

    def set_password(  # noqa: PLR0913 - whose, by whom, from where, and what is kept of it
        self,
        username: str,
        change: PasswordChange,
        *,
        caller: Principal,
        address: str,
        if_match: str | None = None,
        keep: ResponseWriter[None] = NOT_KEYED,
    ) -> None:
        """Set one's own password, which takes the current one, or as an admin another's.

        All logins of the user end: none can be refreshed. Raises ForbiddenError,
        InvalidCredentialsError, InvalidRequestError and TooManyRequestsError.
        """
        is_own = folded(username) == caller.name
        if not (is_own or includes(caller.role, Role.ADMIN)):
            raise ForbiddenError(f"another's password takes the role {Role.ADMIN}")
        _check_fields(change, is_own=is_own)
        user = self._stored(username, if_match)
        if is_own and change.current_password is not None:
            self._check_current(user.username, change.current_password, address)
        self._provide(user, change)
        self.pool.sign_out(user.username)
        keep.write_alone(None)

    def _check_current(self, username: str, password: str, address: str) -> None:
        def check() -> None:
            with self.limiter.counted(username, address):
                self.pool.log_in(username, password)

        try:
            padded(check, self.clock, self.sleep)
        except InvalidCredentialsError:
            raise InvalidCredentialsError("currentPassword is not right") from None

    def _make_groups(self, names: AbstractSet[str]) -> None:
        """Make groups before a row names them: with one that cannot be, nobody could log in."""
        for name in sorted(names):
            self.pool.make_group(f"{GROUP}{name}")

    def _provide(self, user: UserRecord, change: PasswordChange) -> None:
        """Set a password at the pool, for which a user who is gone there is made again."""
        name, temporary = user.username, change.temporary
        if self.pool.set_password(name, change.password, temporary=temporary):
            return
        self.pool.create(name)
        self.pool.set_password(name, change.password, temporary=temporary)
        tell_pool(self.users, self.pool, user)

    def _stored(self, username: str, if_match: str | None = None) -> UserRecord:
        user = self.users.find(folded(username))
        if user is None or not user.is_active:
            raise UserNotFoundError("there is no such user")
        check_if_match(if_match, user.version)
        return user


def _patched(old: UserRecord, patch: UserPatch) -> UserRecord:
    if patch.username is not None and folded(patch.username) != old.username:
        raise invalid_at("username", "is fixed: make another user")
    said = {
        name: value
        for name in ("role", "groups", "disabled")
        if (value := getattr(patch, name)) is not None
    }
    new = old.model_copy(update=said)
    return new if new == old else new.model_copy(update={"version": old.version + 1})


def _check_fields(change: PasswordChange, *, is_own: bool) -> None:
    if is_own and change.current_password is None:
        raise invalid_at("currentPassword", "is required for one's own password")
    if is_own and change.temporary:
        raise invalid_at("temporary", "is for the password of another")
    if not is_own and change.current_password is not None:
        raise invalid_at("currentPassword", "is for one's own password")


def _within(beginning: str) -> Callable[[str], bool]:
    """Tell which names a list has: DynamoDB refuses to go on behind any other."""
    return lambda name: is_username(name) and name.startswith(beginning)


def _can_be_named(user: UserRecord, group: str | None) -> bool:
    return user.may_log_in and (group is None or group in user.groups)


def _person(user: UserRecord) -> Person:
    return Person(username=user.username, groups=user.groups)
