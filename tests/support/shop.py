"""The server that stands beside the examples, on a free port, for as long as a test needs it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from examples.http_server import server


@contextmanager
def shop() -> Iterator[str]:
    """Serve until the block ends; give the server's address."""
    with server(0) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_address[1]}"
        finally:
            listening.shutdown()
            thread.join()
