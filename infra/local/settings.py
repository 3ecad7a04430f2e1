"""The places and ports of the local stack: two ports and a directory, each a choice."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
REGION = "us-east-1"


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
        )

    @property
    def api_url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def aws_endpoint_url(self) -> str:
        return f"http://{HOST}:{self.emulator_port}"

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


def _port(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise LocalStackError(f"{name}={text}: expected a port, 1 to 65535")
    return int(text)
