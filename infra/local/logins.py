"""The logins of a home: the first admin's, and the admin's of another tenant, if one was made.

They outlive a restart, as the users do; only the home's owner can read them.
"""

import json
from dataclasses import asdict
from pathlib import Path

from infra.admins import Login
from infra.local.files import replace
from infra.local.settings import LocalStackError

ADMIN, OTHER = "admin", "other"


class Logins:
    """The logins in a file, by what they are for: `admin` of the first tenant, `other`."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def all(self) -> dict[str, Login]:
        """Return what is kept; nothing at the first start."""
        if not self._file.exists():
            return {}
        try:
            kept = json.loads(self._file.read_text("utf-8"))
            return {name: Login(**login) for name, login in kept.items()}
        except (ValueError, TypeError, AttributeError) as error:
            raise LocalStackError(
                f"{self._file} holds no logins: to start from nothing, make down, then remove "
                f"{self._file.parent}"
            ) from error

    def keep(self, name: str, login: Login) -> None:
        """Keep a login, in the place of a former one."""
        self._write({**self.all(), name: login})

    def forget(self, name: str) -> None:
        """Keep a login no longer."""
        self._write({kept: login for kept, login in self.all().items() if kept != name})

    def _write(self, logins: dict[str, Login]) -> None:
        kept = {name: asdict(login) for name, login in logins.items()}
        replace(self._file, json.dumps(kept, indent=2) + "\n")
