"""The principal: who acts, for which tenant, in which role."""

from dataclasses import dataclass
from enum import StrEnum


class PrincipalKind(StrEnum):
    """The kind of a principal: a person, or a machine client."""

    USER = "user"
    CLIENT = "client"


class Role(StrEnum):
    """The rights of a principal; each role includes those before it."""

    VIEWER = "viewer"
    EXECUTOR = "executor"
    EDITOR = "editor"
    ADMIN = "admin"


@dataclass(frozen=True)
class Principal:
    """The one who acts: `name` is unique in its `tenant`; tasks can be given to its `groups`."""

    tenant: str
    name: str
    kind: PrincipalKind
    role: Role
    groups: frozenset[str] = frozenset()


LOCAL_PRINCIPAL = Principal(
    tenant="default", name="local", kind=PrincipalKind.USER, role=Role.ADMIN
)
"""The only principal of a stack without users: it owns everything and may do everything."""
