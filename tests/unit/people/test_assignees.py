"""Whom a flow names."""

import pytest

from shared.auth.principal import LOCAL_PRINCIPAL, Principal, PrincipalKind, Role
from shared.people.assignees import are_named


def somebody(role: Role, *groups: str, name: str = "ana") -> Principal:
    return Principal("acme", name, PrincipalKind.USER, role, frozenset(groups))


@pytest.mark.parametrize(
    ("names", "caller", "expected"),
    [
        (["ana"], somebody(Role.PARTICIPANT), True),
        (["bob"], somebody(Role.ADMIN), False),
        (["Ana"], somebody(Role.PARTICIPANT), True),
        (["Ana@X.io"], somebody(Role.PARTICIPANT, name="ana@x.io"), True),
        (["Anna"], somebody(Role.ADMIN), False),
        (["client:CI-Bot"], somebody(Role.EDITOR, name="client:ci-bot"), True),
        (["role:editor"], somebody(Role.EDITOR), True),
        (["role:editor"], somebody(Role.ADMIN), True),
        (["role:editor"], somebody(Role.EXECUTOR), False),
        (["role:viewer"], somebody(Role.AUDITOR), True),
        (["role:participant"], somebody(Role.PARTICIPANT), True),
        (["role:participant"], somebody(Role.VIEWER), False),
        (["role:participant"], somebody(Role.AUDITOR), False),
        (["role:participant"], somebody(Role.EXECUTOR), True),
        (["role:auditor"], somebody(Role.ADMIN), False),
        (["role:nobody"], somebody(Role.ADMIN), False),
        (["group:ops"], somebody(Role.VIEWER, "ops"), True),
        (["group:ops"], somebody(Role.ADMIN, "op"), False),
        (["ops"], somebody(Role.ADMIN, "ops"), False),
        (["client:ana"], somebody(Role.ADMIN), False),
        (["client:ana"], somebody(Role.ADMIN, name="client:ana"), True),
        (["client:Ana"], somebody(Role.ADMIN, name="client:ana"), True),
        (["Client:ana"], somebody(Role.ADMIN, name="client:ana"), False),
        (["group:Ops"], somebody(Role.ADMIN, "ops"), False),
        (["ana:x"], somebody(Role.ADMIN), False),
        ([], somebody(Role.EXECUTOR), True),
        ([], somebody(Role.VIEWER), False),
        ([], somebody(Role.PARTICIPANT), False),
        (["bob", "group:ops"], somebody(Role.PARTICIPANT, "ops"), True),
    ],
)
def test_who_is_named(names: list[str], caller: Principal, *, expected: bool):
    assert are_named(names, caller) is expected


def test_where_auth_is_off_everybody_is_named():
    assert are_named(["bob"], LOCAL_PRINCIPAL)
