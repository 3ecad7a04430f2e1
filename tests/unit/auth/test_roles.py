"""Roles: which includes which."""

import pytest

from shared.auth.principal import Role
from shared.auth.roles import includes, roles_that_include

LADDER = (Role.PARTICIPANT, Role.VIEWER, Role.EXECUTOR, Role.EDITOR, Role.ADMIN)


@pytest.mark.parametrize("role", LADDER)
@pytest.mark.parametrize("least", LADDER)
def test_each_role_may_do_what_the_ones_before_may(role: Role, least: Role):
    assert includes(role, least) == (LADDER.index(role) >= LADDER.index(least))


def test_an_auditor_is_a_viewer_who_reads_the_audit():
    assert {least for least in Role if includes(Role.AUDITOR, least)} == {
        Role.PARTICIPANT,
        Role.VIEWER,
        Role.AUDITOR,
    }


def test_the_audit_is_for_auditors_and_admins():
    assert roles_that_include(Role.AUDITOR) == (Role.AUDITOR, Role.ADMIN)
