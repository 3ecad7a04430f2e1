"""Tenants and their first admins, made by an operator: nobody becomes admin by being first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from shared.auth.principal import Role
from shared.auth.users.creation import UserCreation
from shared.auth.users.models import TenantDraft, UserDraft
from shared.auth.users.pool import UserPool, user_pool
from shared.auth.users.repository import UserRepository, user_repository
from shared.ids import new_id
from shared.times import utc_now

OPERATOR = "system"
"""The name of who makes first admins, in what is stored of them."""


@dataclass(frozen=True)
class TenantFoundation:
    """The making of tenants."""

    users_of: Callable[[str], UserRepository]
    pool: UserPool
    now: Callable[[], datetime]
    new_id: Callable[[datetime], str]

    def found(self, draft: TenantDraft) -> bool:
        """Make a tenant and its first admin; False when there is an admin already.

        A call that died halfway is made good by the next, at once. Raises UsernameTakenError.
        """
        users = self.users_of(draft.tenant)
        tenant = users.find_tenant()
        if tenant and tenant.acting_admins:
            return False
        creation = UserCreation(
            users, self.pool, self.now, self.new_id, by=OPERATOR, founds=True, lease=timedelta()
        )
        admin = draft.admin
        creation.create(
            UserDraft(username=admin.username, password=admin.password, role=Role.ADMIN)
        )
        return True


@cache
def tenant_foundation() -> TenantFoundation:
    return TenantFoundation(users_of=user_repository, pool=user_pool(), now=utc_now, new_id=new_id)
