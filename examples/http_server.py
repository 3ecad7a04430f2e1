"""A server for `http-request.yaml` to call, on loopback: `python3 examples/http_server.py`."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 8090
ORDERS = {"/orders/1": {"id": 1, "total": 52}}


class Orders(BaseHTTPRequestHandler):
    """One order, and 404 for every other."""

    def do_GET(self) -> None:
        found = ORDERS.get(self.path)
        body = json.dumps(found or {"code": "order_not_found"}).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def server(port: int = PORT) -> ThreadingHTTPServer:
    """Return a server that listens on a port of loopback, a free one if it is 0."""
    return ThreadingHTTPServer(("127.0.0.1", port), Orders)


if __name__ == "__main__":
    server(int(sys.argv[1]) if sys.argv[1:] else PORT).serve_forever()
