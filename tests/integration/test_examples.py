"""The examples that readers are given do what their first lines say."""

import threading
from collections.abc import Iterator

import pytest

from examples.http_server import server
from tests.support.examples import Example, example, names
from tests.support.fixtures import Finished

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
    run: Finished, orders_api: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HEADRACE_EGRESS_ALLOW", "127.0.0.1")

    check(run, example(OVER_HTTP, api=orders_api))


@pytest.fixture
def orders_api() -> Iterator[str]:
    """The server that stands beside the example, on a free port."""
    with server(0) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_address[1]}"
        listening.shutdown()
        thread.join()
