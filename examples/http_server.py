"""A server for the examples that call out, on loopback: `python3 examples/http_server.py`."""

import json
import sys
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

PORT = 8090
CSV = "id,region,total\n1,eu,52\n2,us,12.5\n3,eu,8\n"


class Shop(BaseHTTPRequestHandler):
    """Orders, jobs that take a while, hooks that hear what is posted; 404 for all else."""

    asked: Counter[str] = Counter()
    jobs = count(1)

    def do_GET(self) -> None:
        self.asked[self.path] += 1
        times = self.asked[self.path]
        if self.path == "/orders/1":
            self._answer(200, {"id": 1, "total": 52})
        elif self.path == "/orders.csv":  # busy, every other time
            self._answer(*((503, {}) if times % 2 else (200, CSV)))
        elif self.path.startswith("/jobs/"):
            self._answer(200, {"state": "done" if times >= 3 else "running"})
        else:
            self._answer(404, {"code": "order_not_found"})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/jobs":
            self._answer(202, {"id": next(self.jobs)})
        elif self.path.startswith("/hooks/"):
            self._answer(410 if self.path == "/hooks/gone" else 200, {})
        else:
            self._answer(404, {"code": "not_found"})

    def _answer(self, status: int, content: Any) -> None:
        is_text = isinstance(content, str)
        body = (content if is_text else json.dumps(content)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/csv" if is_text else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def server(port: int = PORT) -> ThreadingHTTPServer:
    """Return a server that listens on a port of loopback, a free one if it is 0."""
    return ThreadingHTTPServer(("127.0.0.1", port), Shop)


if __name__ == "__main__":
    server(int(sys.argv[1]) if sys.argv[1:] else PORT).serve_forever()
