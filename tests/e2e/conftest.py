"""A stack for the end-to-end suite: its own, on free ports, or the one at `--api-url`."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[2]
START_SECONDS = 180
TERMINAL = {"SUCCESS", "FAILED", "CANCELLED", "TIMED_OUT"}


class Stack:
    """The local stack in a process of its own: black box, but it can be stopped and killed."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port, self.emulator_port = free_port(), free_port()
        self.url = f"http://localhost:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return once it answers; fail with what it said if it does not."""
        self._description.unlink(missing_ok=True)
        self.home.mkdir(parents=True, exist_ok=True)
        output = self.home / "output.log"
        with output.open("w") as written:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "infra.local", "run"],
                cwd=ROOT,
                env={
                    **os.environ,
                    "HEADRACE_HOME": str(self.home),
                    "HEADRACE_PORT": str(self.port),
                    "HEADRACE_EMULATOR_PORT": str(self.emulator_port),
                    "HEADRACE_EGRESS_ALLOW": "127.0.0.1",
                },
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._description.exists():
            alive = self._process.poll() is None and time.monotonic() < deadline
            assert alive, f"the stack did not start:\n{output.read_text('utf-8')}"
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

    @property
    def _description(self) -> Path:
        return self.home / "local.json"

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


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--api-url", help="use the stack at this address instead of starting one")


@pytest.fixture(scope="session")
def api_url(request: pytest.FixtureRequest) -> str:
    """Where the API is: at `--api-url`, or at a stack started for this session."""
    given: str | None = request.config.getoption("--api-url")
    return given or str(request.getfixturevalue("stack").url)


@pytest.fixture(scope="session")
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """The session's own stack; what stops or kills it must leave it running."""
    if request.config.getoption("--api-url"):
        pytest.skip("needs a stack of its own")
    started = Stack(tmp_path_factory.mktemp("stack"))
    started.start()
    yield started
    started.stop()


@pytest.fixture
def api(api_url: str) -> Iterator[httpx.Client]:
    """A client whose base is the API's address."""
    with httpx.Client(base_url=api_url, timeout=60) as client:
        yield client


@pytest.fixture
def finished(api: httpx.Client) -> Callable[..., Any]:
    """Wait for an execution to end: the answer of `GET /api/v1/executions/{id}`."""

    def wait(execution_id: str, *, seconds: float = 60) -> Any:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            answer = api.get(f"/api/v1/executions/{execution_id}").json()
            if answer["execution"]["status"] in TERMINAL:
                return answer
            time.sleep(0.1)
        return pytest.fail(f"{execution_id} did not end within {seconds} seconds")

    return wait


@pytest.fixture
def saved(api: httpx.Client) -> Callable[[str], Any]:
    """Save a flow under a name of its own and return it."""

    def save(tasks: str) -> Any:
        name = f"flow-{time.time_ns()}"
        text = f"name: {name}\nnamespace: e2e\n{tasks}"
        answer = api.post(
            "/api/v1/flows", json={"name": name, "namespace": "e2e", "yamlContent": text}
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    return save
