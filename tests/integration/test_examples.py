"""The examples that readers are given do what their first lines say."""

import json
import socket
from collections.abc import Iterator

import pytest

from tests.support.examples import Example, example, names
from tests.support.fixtures import Finished
from tests.support.servers import Server, serving

OVER_HTTP = "http-request"


def check(run: Finished, shown: Example) -> None:
    seen = run(shown.text, dict(shown.inputs))

    assert seen.execution["status"] == shown.ends, seen.execution["error"]
    assert shown.outputs is None or seen.results["finalOutput"] == shown.outputs
    assert shown.tasks.items() <= seen.statuses().items()
    assert shown.error.items() <= (seen.execution["error"] or {}).items()


@pytest.mark.parametrize("name", [name for name in names() if name != OVER_HTTP])
def test_an_example_ends_as_its_first_lines_say(name: str, run: Finished):
    check(run, example(name))


@pytest.mark.timing
@pytest.mark.enable_socket
def test_the_example_that_calls_out_ends_as_its_first_lines_say(
    run: Finished, plugins_api: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HEADRACE_EGRESS_ALLOW", "127.0.0.1")

    check(run, example(OVER_HTTP, api=plugins_api))


@pytest.fixture
def plugins_api() -> Iterator[str]:
    """As much of our own API as the example calls."""

    def reply(connection: socket.socket, request: bytes, _: Server) -> None:
        is_known = b"/plugins/util.log " in request
        status = "200 OK" if is_known else "404 Not Found"
        body = json.dumps({"id": "util.log"} if is_known else {"code": "plugin_not_found"})
        head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n"
        connection.sendall(f"{head}content-length: {len(body)}\r\n\r\n{body}".encode())

    with serving(reply) as server:
        yield server.url
