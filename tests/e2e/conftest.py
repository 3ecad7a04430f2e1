"""A stack for the end-to-end suite: its own, on free ports, or the one at `--api-url`.

Whoever calls is its admin, unless a test says otherwise.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.local import ROOT, Stack
from tests.support.logins import LoggedIn

TERMINAL = {"SUCCESS", "FAILED", "CANCELLED", "TIMED_OUT"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--api-url", help="use the stack at this address instead of starting one")
    parser.addoption(
        "--local-json",
        default=str(ROOT / ".headrace" / "local.json"),
        help="the file that has the admin of the stack at --api-url",
    )


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


@pytest.fixture(scope="session")
def open_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A second stack, without users."""
    started = Stack(tmp_path_factory.mktemp("open-stack"), auth="off")
    started.start()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def local_json(request: pytest.FixtureRequest, api_url: str) -> Path:
    """The description of the stack at `api_url`: its own, or `--local-json`."""
    if request.config.getoption("--api-url"):
        return Path(request.config.getoption("--local-json"))
    described: Path = request.getfixturevalue("stack").description
    assert json.loads(described.read_text("utf-8"))["apiUrl"] == api_url
    return described


@pytest.fixture(scope="session")
def admin(api_url: str, local_json: Path) -> LoggedIn:
    """The admin of the first tenant, who logs in once."""
    return LoggedIn(api_url, json.loads(local_json.read_text("utf-8"))["admin"])


@pytest.fixture
def api(api_url: str, admin: LoggedIn) -> Iterator[httpx.Client]:
    """A client whose base is the API's address, and which calls as the admin."""
    with httpx.Client(base_url=api_url, auth=admin, timeout=60) as client:
        yield client


@pytest.fixture
def nobody(api_url: str) -> Iterator[httpx.Client]:
    """A client that sends no token."""
    with httpx.Client(base_url=api_url, timeout=60) as client:
        yield client


@pytest.fixture
def user(api: httpx.Client) -> Callable[..., dict[str, str]]:
    """Make a user of a role: the login."""

    def make(role: str, **more: Any) -> dict[str, str]:
        login = {"username": f"{role}-{time.time_ns()}", "password": f"secret of {role}"}
        answer = api.post("/auth/register", json={**login, "role": role, **more})
        assert answer.status_code == 201, answer.text
        return login

    return make


@pytest.fixture
def calling(api_url: str) -> Iterator[Callable[[dict[str, str]], httpx.Client]]:
    """Make a client that calls as the user of a login."""
    with ExitStack() as clients:

        def client(login: dict[str, str]) -> httpx.Client:
            made = httpx.Client(base_url=api_url, auth=LoggedIn(api_url, login), timeout=60)
            return clients.enter_context(made)

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
