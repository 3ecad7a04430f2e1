"""The principal: who acts, for which tenant, in which role."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PrincipalKind(StrEnum):
    """The kind of a principal: a person, a machine client, or everybody alike."""

    USER = "user"
    CLIENT = "client"
    LOCAL = "local"


class Role(StrEnum):
    """The rights of a principal; some include others (shared/auth/roles.py)."""

    PARTICIPANT = "participant"
    VIEWER = "viewer"
    AUDITOR = "auditor"
    EXECUTOR = "executor"
    EDITOR = "editor"
    ADMIN = "admin"


@dataclass(frozen=True)
class Principal:
    """The one who acts: `name` is unique in its `tenant`; tasks can be given to its `groups`.

    A machine client is named `client:<name>`. `expires_at` is when its token ends, if it has one.
    """

    tenant: str
    name: str
    kind: PrincipalKind
    role: Role
    groups: frozenset[str] = frozenset()
    expires_at: datetime | None = None


LOCAL_PRINCIPAL = Principal(
    tenant="default", name="local", kind=PrincipalKind.LOCAL, role=Role.ADMIN
)
"""The only principal of a stack without users: it owns everything and may do everything."""
