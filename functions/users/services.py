"""The services of the routes of /users and /people, made for each caller."""

from shared.auth.principal import LOCAL_PRINCIPAL
from shared.auth.users.attempts import login_limiter
from shared.auth.users.models import Person
from shared.auth.users.pool import user_pool
from shared.auth.users.repository import user_repository
from shared.auth.users.service import UserService
from shared.http.caller import Caller
from shared.ids import new_id
from shared.paging import Page
from shared.times import utc_now


def user_service(caller: Caller) -> UserService:
    return UserService(
        users=user_repository(caller.tenant),
        pool=user_pool(),
        limiter=login_limiter(),
        now=utc_now,
        new_id=new_id,
    )


def local_people(beginning: str, group: str | None) -> Page[Person]:
    """Return the people of a stack without users: everybody in one."""
    local = Person(username=LOCAL_PRINCIPAL.name, groups=())
    is_meant = group is None and local.username.startswith(beginning.lower())
    return Page((local,) if is_meant else ())
