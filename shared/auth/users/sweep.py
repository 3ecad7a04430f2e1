"""The sweep of what stayed unfinished between users' rows and the pool, of all tenants."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial

from shared.auth.sweep import AFTER, MAX_MARKS, finish_all
from shared.auth.users.creation import UserCreation
from shared.auth.users.membership import tell_pool
from shared.auth.users.models import Unfinished
from shared.auth.users.pool import UserPool, user_pool
from shared.auth.users.repository import (
    UserRepository,
    unfinished,
    user_repository,
    users_table,
)
from shared.ids import new_id
from shared.times import utc_now


@dataclass(frozen=True)
class UserSweep:
    """The end of what others began: `marks` reads those made before a moment."""

    marks: Callable[[datetime], Iterable[Unfinished]]
    users_of: Callable[[str], UserRepository]
    pool: UserPool
    now: Callable[[], datetime]
    new_id: Callable[[datetime], str]

    def run(self) -> int:
        """Finish or remove what is older than five minutes; return how much of it there was.

        One user that resists does not stop the others; RuntimeError at the end tells of it.
        """
        return finish_all(
            self.marks(self.now() - AFTER),
            self._finish,
            refusal="could not finish a user",
            told=lambda mark: {"tenant": mark.tenant},
        )

    def _finish(self, mark: Unfinished) -> None:
        users = self.users_of(mark.tenant)
        user = users.find(mark.username)
        if user and not user.is_active and user.attempt == mark.attempt:
            creation = UserCreation(users, self.pool, self.now, self.new_id, by=user.created_by)
            mine = creation.resume(user)
            if mine:
                creation.remove(mine)
            return
        if user and user.is_active:
            tell_pool(users, self.pool, user)
        users.settle(mark.attempt)


@cache
def user_sweep() -> UserSweep:
    return UserSweep(
        marks=partial(unfinished, users_table(), limit=MAX_MARKS),
        users_of=user_repository,
        pool=user_pool(),
        now=utc_now,
        new_id=new_id,
    )
