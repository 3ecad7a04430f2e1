"""The people whom a flow names: `ana`, `role:editor`, `group:ops`; nobody is every executor."""

from collections.abc import Collection

from shared.auth.names import LADDER
from shared.auth.principal import Principal, PrincipalKind, Role
from shared.auth.roles import includes


def are_named(names: Collection[str], caller: Principal) -> bool:
    """Tell whether a caller is among those who are named; who is none of them gets no exception.

    Where auth is off everybody is everybody.
    """
    if caller.kind is PrincipalKind.LOCAL:
        return True
    if not names:
        return includes(caller.role, Role.EXECUTOR)
    return any(_means(name, caller) for name in names)


def _means(name: str, caller: Principal) -> bool:
    kind, colon, rest = name.partition(":")
    if not colon or kind == "client":
        return name.lower() == caller.name  # as names of users and clients are stored
    if kind == "group":
        return rest in caller.groups
    return kind == "role" and rest in set(LADDER) and _has_role(caller, Role(rest))


def _has_role(caller: Principal, role: Role) -> bool:
    """Tell whether a caller has a role: of the inbox it is participants, and all executors."""
    if role is Role.PARTICIPANT:
        return caller.role is role or includes(caller.role, Role.EXECUTOR)
    return includes(caller.role, role)
