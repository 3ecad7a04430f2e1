"""HTTP over connections that go to the very addresses the egress guard has just approved.

Host header, SNI and certificate check keep the name: only the connection itself is pinned.
"""

import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any

import httpcore
import httpx

from shared.egress.guard import EgressGuard

Remaining = Callable[[], float]
"""The seconds left until everything must be over; zero or less when it is."""

_BYTES_PER_WRITE = 16 * 1024


@cache
def tls_context() -> ssl.SSLContext:
    """Return a context with the usual certificate authorities, whatever the environment says."""
    return httpx.create_ssl_context(trust_env=False)


def pinned_transport(
    guard: EgressGuard, remaining: Remaining, *, tls: ssl.SSLContext | None = None
) -> "PinnedTransport":
    """Make a transport for one exchange, all of it within `remaining`.

    It sends what it is given: no client adds headers, cookies, proxies or netrc.
    """
    pool = httpcore.ConnectionPool(
        ssl_context=tls or tls_context(),
        network_backend=PinnedBackend(guard, remaining),
        max_keepalive_connections=0,
    )
    return PinnedTransport(pool)


class PinnedTransport(httpx.BaseTransport):
    """The transport of httpx over our pool; httpcore's exceptions come through as they are."""

    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        self._pool = pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            status_code=answer.status,
            headers=[(name, _in_utf8(value)) for name, value in answer.headers],
            stream=_Body(answer.stream),
        )

    def close(self) -> None:
        self._pool.close()


def _in_utf8(value: bytes) -> bytes:
    """Return a header's value, read as UTF-8 or else as latin-1: httpx reads all of them alike."""
    try:
        value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1").encode()
    return value


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        self._stream.close()


class PinnedBackend(httpcore.NetworkBackend):
    """The backend that resolves through the guard, once per connection, and tries each address."""

    def __init__(
        self,
        guard: EgressGuard,
        remaining: Remaining,
        network: httpcore.NetworkBackend | None = None,
    ) -> None:
        self._guard = guard
        self._remaining = remaining
        self._network = network or httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline is over everything
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers; each gets a fair share of the time."""
        *others, last = self._addresses(host, port)
        for tried, address in enumerate(others):
            share = _left(self._remaining) / (len(others) + 1 - tried)
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return self._connect(address, port, share, local_address, socket_options)
        left = _left(self._remaining)
        return self._connect(last, port, left, local_address, socket_options)

    def _connect(self, *arguments: Any) -> httpcore.NetworkStream:
        return DeadlineStream(self._network.connect_tcp(*arguments), self._remaining)

    def _addresses(self, host: str, port: int) -> tuple[str, ...]:
        try:
            return self._guard.addresses(host, port, timeout=_left(self._remaining))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError("the host's name could not be resolved") from error


class DeadlineStream(httpcore.NetworkStream):
    """A connection whose every operation ends by one deadline, however slowly bytes drip."""

    def __init__(self, stream: httpcore.NetworkStream, remaining: Remaining) -> None:
        self._stream = stream
        self._remaining = remaining

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - see connect_tcp
        return self._stream.read(max_bytes, _left(self._remaining))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - see connect_tcp
        for start in range(0, len(buffer), _BYTES_PER_WRITE):
            part = buffer[start : start + _BYTES_PER_WRITE]
            self._stream.write(part, _left(self._remaining))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - see connect_tcp
    ) -> httpcore.NetworkStream:
        left = _left(self._remaining)
        stream = self._stream.start_tls(ssl_context, server_hostname, left)
        return DeadlineStream(stream, self._remaining)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(remaining: Remaining) -> float:
    seconds = remaining()
    if seconds <= 0:
        raise httpcore.ReadTimeout("out of time")
    return seconds
