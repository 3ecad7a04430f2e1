"""A stack for the end-to-end suite: its own, on free ports, or the one at `--api-url`."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.support.local import Stack

TERMINAL = {"SUCCESS", "FAILED", "CANCELLED", "TIMED_OUT"}


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
