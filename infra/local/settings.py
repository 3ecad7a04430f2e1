"""The places and ports of the local stack: two ports and a directory, each a choice."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
REGION = "us-east-1"
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?(:[0-9]{1,5})?")


class LocalStackError(Exception):
    """An error that the person at the terminal can mend; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Local:
    """One stack on this machine; two can stand side by side if home and ports differ."""

    home: Path
    port: int
    emulator_port: int
    egress_allow: str = ""
    retention: str = ""
    has_users: bool = True
    """Users, who have to log in; without any, everybody may do everything."""
    hosts: tuple[str, ...] = ()
    """Names, besides loopback's, under which the API may be called."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Local":
        """Read the variables of the local stack: their names begin with `HEADRACE_`."""
        given = os.environ if environment is None else environment
        return cls(
            home=Path(given.get("HEADRACE_HOME") or ROOT / ".headrace").absolute(),
            port=_port(given, "HEADRACE_PORT", 8080),
            emulator_port=_port(given, "HEADRACE_EMULATOR_PORT", 4566),
            egress_allow=given.get("HEADRACE_EGRESS_ALLOW", ""),
            retention=given.get("HEADRACE_RETENTION", ""),
            has_users=_is_on(given, "HEADRACE_AUTH"),
            hosts=_hosts(given, "HEADRACE_HOSTS"),
        )

    @property
    def api_url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def aws_endpoint_url(self) -> str:
        return f"http://{HOST}:{self.emulator_port}"

    @property
    def own_addresses(self) -> str:
        """The addresses that no flow may call: `127.0.0.1:8080,127.0.0.1:4566`."""
        return f"{HOST}:{self.port},{HOST}:{self.emulator_port}"

    @property
    def credentials(self) -> Path:
        """The key pair of this home, as AWS's own tools read it."""
        return self.home / "credentials"

    @property
    def logins(self) -> Path:
        """The logins that were made for this home, with their passwords."""
        return self.home / "logins.json"

    @property
    def state(self) -> Path:
        """The directory of the emulator's state: its services' and its buckets."""
        return self.home / "state"

    @property
    def lock(self) -> Path:
        """The file held by the process that runs the stack; it has its id."""
        return self.home / "run.lock"

    @property
    def log(self) -> Path:
        """The log of the emulator, and of a stack in the background."""
        return self.home / "run.log"

    @property
    def description(self) -> Path:
        """The file `local.json`: where to reach a stack that is ready; gone when none is."""
        return self.home / "local.json"

    @property
    def deployment(self) -> Path:
        """The record of the last deployment, so that an equal one is not made again."""
        return self.home / "deployed.json"


def _hosts(given: Mapping[str, str], name: str) -> tuple[str, ...]:
    hosts = [host.strip().lower() for host in given.get(name, "").split(",") if host.strip()]
    wrong = [host for host in hosts if not _HOST.fullmatch(host)]
    if wrong:
        raise LocalStackError(f"{name}={wrong[0]}: expected names, with or without a port")
    return tuple(hosts)


def _is_on(given: Mapping[str, str], name: str) -> bool:
    text = given.get(name) or "on"
    if text not in {"on", "off"}:
        raise LocalStackError(f"{name}={text}: expected on or off")
    return text == "on"


def _port(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise LocalStackError(f"{name}={text}: expected a port, 1 to 65535")
    return int(text)
