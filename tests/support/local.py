"""The local stack, started, stopped and killed from outside."""

import configparser
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
START_SECONDS = 180


class Stack:
    """The local stack in a process of its own: black box, but it can be stopped and killed."""

    def __init__(self, home: Path, *, auth: str = "on") -> None:
        self.home, self.auth = home, auth
        self.port, self.emulator_port = free_port(), free_port()
        self.url = f"http://localhost:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return once it answers; fail with what it said if it does not."""
        self.description.unlink(missing_ok=True)
        self.home.mkdir(parents=True, exist_ok=True)
        with self.output.open("w") as written:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "infra.local", "run"],
                cwd=ROOT,
                env=self.environment,
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.description.exists():
            alive = self._process.poll() is None and time.monotonic() < deadline
            assert alive, f"the stack did not start:\n{self.output.read_text('utf-8')}"
            time.sleep(0.1)

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """End it as Ctrl-C would, or by another signal that it minds; the exit code."""
        return self.end(how)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop it cleanly and start it again with the same state."""
        assert self.stop() == 0
        self.start()

    def aws(self, **other: str) -> dict[str, Any]:
        """What a client of boto3 needs to reach the emulator, with the home's key pair."""
        file = configparser.ConfigParser(interpolation=None)
        file.read(self.home / "credentials")
        return {
            "endpoint_url": f"http://127.0.0.1:{self.emulator_port}",
            "region_name": "us-east-1",
            **file["default"],
            **other,
        }

    @property
    def environment(self) -> dict[str, str]:
        """What tells a program of the project which stack is meant."""
        return {
            **os.environ,
            "HEADRACE_AUTH": self.auth,
            "HEADRACE_HOME": str(self.home),
            "HEADRACE_PORT": str(self.port),
            "HEADRACE_EMULATOR_PORT": str(self.emulator_port),
            "HEADRACE_EGRESS_ALLOW": "127.0.0.1",
        }

    @property
    def description(self) -> Path:
        """Where the stack is and how to log in, while it is ready."""
        return self.home / "local.json"

    @property
    def output(self) -> Path:
        """What it said since its last start."""
        return self.home / "output.log"

    def end(self, how: signal.Signals) -> int:
        """End it by a signal and wait until it has; the exit code."""
        if self._process is None:
            return 0
        self._process.send_signal(how)
        code = self._process.wait(timeout=60)
        self._process = None
        return code


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
