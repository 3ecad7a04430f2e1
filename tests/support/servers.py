"""Small HTTP servers on loopback, for tests of what calls out."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Server:
    """A listening socket; `requests` holds each request head and body as it came in."""

    port: int
    requests: list[bytes] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


Reply = Callable[[socket.socket, bytes, Server], None]
"""Answers one request on its connection; `server.stopping` ends whatever takes long."""


def answering(head: str, body: bytes = b"") -> Reply:
    """Answer with these status and header lines, and with the body's length."""
    lines = [*head.strip().split("\n"), f"content-length: {len(body)}", "connection: close"]
    whole = "\r\n".join(f"{line.strip()}" for line in lines).encode() + b"\r\n\r\n" + body

    def reply(connection: socket.socket, _request: bytes, _server: Server) -> None:
        connection.sendall(whole)

    return reply


@contextmanager
def serving(reply: Reply, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Serve on a free loopback port until the block ends; one thread per connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(listener.getsockname()[1])
        acceptor = threading.Thread(target=_accept, args=(listener, server, reply, tls))
        acceptor.start()
        try:
            yield server
        finally:
            server.stopping.set()
            listener.shutdown(socket.SHUT_RDWR)
            acceptor.join()


def _accept(
    listener: socket.socket, server: Server, reply: Reply, tls: ssl.SSLContext | None
) -> None:
    threads = []
    while not server.stopping.is_set():
        try:
            connection, _ = listener.accept()
        except OSError:
            break
        thread = threading.Thread(target=_serve, args=(connection, server, reply, tls))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()


def _serve(
    connection: socket.socket, server: Server, reply: Reply, tls: ssl.SSLContext | None
) -> None:
    with connection:
        connection.settimeout(10)
        try:
            plain = tls.wrap_socket(connection, server_side=True) if tls else connection
            with plain:
                request = _read(plain)
                server.requests.append(request)
                reply(plain, request, server)
        except OSError:
            pass  # the client left, which some tests are about


def _read(connection: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        chunk = connection.recv(65536)
        if not chunk:
            return request
        request += chunk
    head, _, body = request.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    wanted = int(lengths[0].split(b":")[1]) if lengths else 0
    while len(body) < wanted:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
