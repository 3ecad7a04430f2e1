"""A user's place at the pool, as its row says: groups, and whether it may log in.

The row is written first, and decides; the pool follows. Two changes at once may tell the pool their
parts in any order, so whoever has told it looks whether the row is still the one that was told, and
tells it again if not. A change that dies halfway leaves its mark, and the sweep tells the pool.
"""

from botocore.exceptions import ClientError

from shared.auth.claims import GROUP, ROLE, TENANT
from shared.auth.users.models import UserRecord
from shared.auth.users.pool import MISSING, UserPool
from shared.auth.users.repository import UserRepository
from shared.errors import UnavailableError

MAX_ROUNDS = 5


def groups_of(tenant: str, user: UserRecord) -> frozenset[str]:
    """Return the groups of the pool that say a user's tenant, role and groups."""
    ours = {f"{GROUP}{each}" for each in user.groups}
    return frozenset({f"{TENANT}{tenant}", f"{ROLE}{user.role}", *ours})


def tell_pool(users: UserRepository, pool: UserPool, user: UserRecord) -> UserRecord:
    """Bring the pool to what the row says, and return the row that was told last.

    Raises UnavailableError when the row goes on changing.
    """
    for _ in range(MAX_ROUNDS):
        _tell(users.tenant, pool, user)
        newest = users.find(user.username)
        if newest is None or newest.version == user.version:
            return user
        user = newest
    raise UnavailableError("the user is being changed by others, try again")


def _tell(tenant: str, pool: UserPool, user: UserRecord) -> None:
    try:
        if user.disabled:
            pool.disable(user.username)  # first: it is the one that cannot wait
        pool.set_groups(user.username, groups_of(tenant, user))
        if not user.disabled:
            pool.enable(user.username)
    except ClientError as error:
        if error.response["Error"].get("Code") != MISSING:
            raise  # who is not in the pool has no groups, and cannot log in
