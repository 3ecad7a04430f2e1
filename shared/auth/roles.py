"""Roles that include others: viewer < executor < editor < admin, with two beside them."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.auth.principal import Role

_INCLUDED: Mapping[Role, frozenset[Role]] = MappingProxyType(
    {
        Role.PARTICIPANT: frozenset({Role.PARTICIPANT}),
        Role.VIEWER: frozenset({Role.PARTICIPANT, Role.VIEWER}),
        Role.AUDITOR: frozenset({Role.PARTICIPANT, Role.VIEWER, Role.AUDITOR}),
        Role.EXECUTOR: frozenset({Role.PARTICIPANT, Role.VIEWER, Role.EXECUTOR}),
        Role.EDITOR: frozenset({Role.PARTICIPANT, Role.VIEWER, Role.EXECUTOR, Role.EDITOR}),
        Role.ADMIN: frozenset(Role),
    }
)


def includes(role: Role, least: Role) -> bool:
    """Tell whether who has `role` may do what takes `least`."""
    return least in _INCLUDED[role]


def roles_that_include(least: Role) -> tuple[Role, ...]:
    """Name all roles that may do what takes `least`, in the order of `Role`."""
    return tuple(role for role in Role if includes(role, least))
