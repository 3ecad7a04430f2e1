"""The description of a stack that is ready, and the line that logs in."""

import json
import subprocess
from pathlib import Path
from typing import Any

from infra.admins import Login
from infra.local.description import describe, token_command
from infra.local.logins import ADMIN, OTHER, Logins
from infra.local.settings import Local

CURL = """#!/bin/sh
cat > "$(dirname "$0")/sent"
echo "$@" > "$(dirname "$0")/arguments"
echo '{"token": "header.claims.signature", "expiresIn": 3600}'
"""


def local_at(home: Path, *, has_users: bool = True) -> Local:
    home.mkdir(parents=True, exist_ok=True)
    return Local(home=home, port=8081, emulator_port=4567, has_users=has_users)


def described(local: Local) -> Any:
    describe(local)
    return json.loads(local.description.read_text("utf-8"))


def test_it_says_where_the_stack_is_and_how_to_log_in(tmp_path: Path) -> None:
    local = local_at(tmp_path)
    Logins(local.logins).keep(ADMIN, Login("admin", "correct horse"))
    Logins(local.logins).keep(OTHER, Login("ann", "battery staple"))

    assert described(local) == {
        "apiUrl": "http://localhost:8081",
        "websocketUrl": None,
        "awsEndpointUrl": "http://127.0.0.1:4567",
        "region": "us-east-1",
        "admin": {"username": "admin", "password": "correct horse"},
        "other": {"username": "ann", "password": "battery staple"},
    }
    assert local.description.stat().st_mode & 0o777 == 0o600


def test_a_stack_without_users_shows_no_logins(tmp_path: Path) -> None:
    local = local_at(tmp_path, has_users=False)
    Logins(local.logins).keep(ADMIN, Login("admin", "correct horse"))

    assert "admin" not in described(local)


def test_the_line_puts_a_token_into_the_shell_and_no_password_into_its_commands(
    tmp_path: Path,
) -> None:
    local = local_at(tmp_path / "a home's own")
    Logins(local.logins).keep(ADMIN, Login("admin", 'a "quoted" password'))
    describe(local)
    curl = tmp_path / "curl"
    curl.write_text(CURL)
    curl.chmod(0o700)

    line = token_command(local, ADMIN)
    done = subprocess.run(  # noqa: S603 - our own line
        ["/bin/sh", "-c", f'PATH="{tmp_path}:$PATH"\n{line}\necho "$TOKEN"'],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "header.claims.signature\n"
    sent = json.loads((tmp_path / "sent").read_text("utf-8"))
    assert sent == {"username": "admin", "password": 'a "quoted" password'}
    assert "http://localhost:8081/auth/login" in (tmp_path / "arguments").read_text("utf-8")
    assert "password" not in line
