"""http.request against real servers on loopback: limits, redirects, pinning, deadlines."""

import gzip
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.config import settings
from shared.egress.guard import (
    AllowList,
    EgressGuard,
    EgressRefusedError,
    egress_guard,
    system_addresses,
)
from shared.plugins.http.codings import MAX_BODY
from shared.plugins.http.request import HttpRequest, http_request
from shared.plugins.sdk.plugin import PluginError
from tests.support.certificates import tls_contexts
from tests.support.errors import told
from tests.support.plugins import Lines, run_plugin, task_context
from tests.support.servers import Reply, Server, answering, serving

pytestmark = [pytest.mark.enable_socket, pytest.mark.timing]

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
LOOPBACK = EgressGuard(AllowList.parse("127.0.0.1"))


def get(
    url: str, *, guard: EgressGuard = LOOPBACK, tls: ssl.SSLContext | None = None, **more: Any
) -> Any:
    plugin = http_request(HttpRequest(guard=lambda: guard, now=lambda: NOW, tls=tls))
    return run_plugin(plugin, {"url": url, "timeout": "10s", **more})


def failure(url: str, **more: Any) -> PluginError:
    with pytest.raises(PluginError) as failed:
        get(url, **more)
    return failed.value


def named(host: str, *answers: Sequence[str], allow: str = "127.0.0.1") -> EgressGuard:
    """A guard whose resolver gives one answer after the other, and no more."""
    left = iter(answers)

    def resolve(asked: str, _port: int) -> Sequence[str]:
        assert asked == host
        return next(left)

    return EgressGuard(AllowList.parse(allow), resolve)


def redirecting(location: str, status: int = 302) -> Reply:
    return answering(f"HTTP/1.1 {status} Found\nlocation: {location}")


@pytest.fixture
def servers() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


OK = answering("HTTP/1.1 200 OK\ncontent-type: application/json\nX-Up: 1", b'{"a":[1,2]}')


def test_a_call_gives_status_body_and_headers() -> None:
    with serving(OK) as server:
        outputs = get(f"{server.url}/x?a=1", query={"b": 2}, headers={"X-Own": "me"})

    assert outputs["status_code"] == 200
    assert outputs["body"] == {"a": [1, 2]}
    assert outputs["bodyEncoding"] == "json"
    assert outputs["headers"]["x-up"] == "1"
    assert outputs["durationMs"] >= 0
    [request] = server.requests
    assert request.startswith(b"GET /x?a=1&b=2 HTTP/1.1\r\n")
    assert b"x-own: me" in request
    assert f"host: 127.0.0.1:{server.port}".encode() in request.lower()


def test_a_body_is_posted_with_its_idempotency_key() -> None:
    with serving(OK) as server:
        get(server.url, method="POST", body={"a": 1}, auth={"type": "bearer", "token": "t0p"})

    [request] = server.requests
    assert request.startswith(b"POST / HTTP/1.1\r\n")
    assert request.endswith(b'\r\n\r\n{"a":1}')
    assert b"idempotency-key: attempt-key\r\n" in request
    assert b"authorization: Bearer t0p\r\n" in request


def test_other_statuses_fail_and_keep_the_answer() -> None:
    reply = answering(
        "HTTP/1.1 503 Service Unavailable\ncontent-type: application/json\nretry-after: 7",
        b'{"error":"busy"}',
    )
    with serving(reply) as server:
        error = failure(f"{server.url}/a/path?token=secret", headers={"X-Own": "secret"})

    assert (error.code, error.status_code, error.retry_after_seconds) == ("http_status", 503, 7.0)
    assert error.outputs["body"] == {"error": "busy"}
    assert "secret" not in told(error)
    asked = f"GET http://127.0.0.1:{server.port}/a/path"
    assert told(error) == f"{asked} was answered 503 Service Unavailable"


def test_other_statuses_can_be_left_to_the_flow() -> None:
    with serving(answering("HTTP/1.1 404 Not Found", b"no")) as server:
        outputs = get(server.url, failOnStatus=False)

    assert (outputs["status_code"], outputs["body"]) == (404, "no")


def test_head_has_no_body() -> None:
    with serving(answering("HTTP/1.1 200 OK\ncontent-encoding: gzip")) as server:
        assert get(server.url, method="HEAD")["body"] == ""


def test_packed_answers_are_unpacked() -> None:
    packed = gzip.compress(json.dumps({"n": 1}).encode())
    head = "HTTP/1.1 200 OK\ncontent-type: application/json\ncontent-encoding: gzip"
    with serving(answering(head, packed)) as server:
        assert get(server.url)["body"] == {"n": 1}


@pytest.mark.parametrize("coding", ["utf-8", "none", "json"])
def test_a_word_that_is_no_coding_is_left_alone(coding: str) -> None:
    head = f"HTTP/1.1 201 Made\ncontent-type: application/json\ncontent-encoding: {coding}"
    with serving(answering(head, b'{"n": 1}')) as server:
        outputs = get(server.url)

    assert (outputs["status_code"], outputs["body"]) == (201, {"n": 1})
    assert outputs["headers"]["content-encoding"] == coding


def test_a_coding_that_we_do_not_know_leaves_status_and_bytes() -> None:
    head = "HTTP/1.1 503 Busy\ncontent-type: application/json\ncontent-encoding: br"
    with serving(answering(head, b"\x0b\x02\x80{}\x03")) as server:
        error = failure(server.url)

    assert (error.code, error.status_code) == ("http_status", 503)
    assert (error.outputs["body"], error.outputs["bodyEncoding"]) == ("CwKAe30D", "base64")


def test_what_is_not_packed_as_it_says_keeps_its_status() -> None:
    with serving(answering("HTTP/1.1 503 Busy\ncontent-encoding: gzip", b"plain")) as server:
        error = failure(f"{server.url}/path")

    assert (error.code, error.status_code) == ("invalid_answer", 503)
    assert told(error) == (
        f"GET http://127.0.0.1:{server.port}/path, 503: the answer is not packed as it says"
    )


def test_several_cookies_stay_several_and_other_headers_are_joined() -> None:
    dated = "a=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT"
    head = f"HTTP/1.1 200 OK\nSet-Cookie: {dated}\nvary: a\nset-cookie: b=2\nVary: b"
    with serving(answering(head)) as server:
        headers = get(server.url)["headers"]

    assert headers["set-cookie"] == [dated, "b=2"]
    assert headers["vary"] == "a, b"


def test_each_header_is_read_by_itself() -> None:
    def reply(connection: socket.socket, _request: bytes, _server: Server) -> None:
        fields = b"X-Old: caf\xe9\r\n" + "X-New: café €\r\nSet-Cookie: a=é\r\n".encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + fields + b"content-length: 0\r\n\r\n")

    with serving(reply) as server:
        headers = get(server.url)["headers"]

    assert (headers["x-old"], headers["x-new"]) == ("café", "café €")
    assert headers["set-cookie"] == "a=é"


def test_a_location_in_utf8_is_read_whatever_other_headers_are_in() -> None:
    def reply(connection: socket.socket, request: bytes, server: Server) -> None:
        if not request.startswith(b"GET / "):
            return OK(connection, request, server)
        fields = "location: /ü\r\n".encode() + b"x-old: caf\xe9\r\ncontent-length: 0\r\n\r\n"
        return connection.sendall(b"HTTP/1.1 302 Found\r\n" + fields)

    with serving(reply) as server:
        get(server.url)

    assert server.requests[1].startswith(b"GET /%C3%BC HTTP/1.1\r\n")


def test_a_retry_after_that_is_there_twice_is_heard() -> None:
    reply = answering("HTTP/1.1 429 Slow down\nretry-after: 7\nRetry-After: 7")
    with serving(reply) as server:
        assert failure(server.url).retry_after_seconds == 7.0


def test_null_leaves_defaults_out_on_the_wire() -> None:
    none = {"User-Agent": None, "ACCEPT": None, "accept-encoding": None}
    with serving(OK) as server:
        get(server.url, headers=none)

    [request] = server.requests
    assert request == f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode()


def test_null_leaves_the_idempotency_key_out_on_the_wire() -> None:
    with serving(OK) as server:
        get(server.url, method="POST", headers={"Idempotency-Key": None})

    assert b"idempotency-key" not in server.requests[0].lower()
    assert b"Content-Length: 0\r\n" in server.requests[0]


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("HTTP/1.1 200 OK", b"x" * (MAX_BODY + 1024 * 1024)),
        (
            "HTTP/1.1 200 OK\ncontent-encoding: gzip",
            gzip.compress(b"\0" * (MAX_BODY * 5), compresslevel=1),
        ),
        (
            "HTTP/1.1 500 Oh\ncontent-encoding: deflate",
            gzip.compress(b"\0" * (MAX_BODY * 5), compresslevel=1),
        ),
    ],
)
def test_an_answer_that_is_too_large_is_cut_off(head: str, body: bytes) -> None:
    with serving(answering(head, body)) as server:
        assert failure(server.url).code in {"answer_too_large", "invalid_answer"}


def test_an_endless_stream_is_cut_off() -> None:
    def endless(connection: socket.socket, _request: bytes, server: Server) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not server.stopping.is_set():
            connection.sendall(b"x" * 65536)

    with serving(endless) as server:
        assert failure(server.url).code == "answer_too_large"


@pytest.mark.parametrize("sent_first", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_slow_drip_does_not_outlive_the_timeout(sent_first: bytes) -> None:
    def drip(connection: socket.socket, _request: bytes, server: Server) -> None:
        connection.sendall(sent_first)
        while not server.stopping.wait(0.05):
            connection.sendall(b"x")

    with serving(drip) as server:
        assert failure(server.url, timeout="400ms").code == "timeout"


def test_informational_answers_do_not_reset_the_timeout() -> None:
    def drip(connection: socket.socket, _request: bytes, server: Server) -> None:
        while not server.stopping.wait(0.02):
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")

    with serving(drip) as server:
        assert failure(server.url, timeout="300ms").code == "timeout"


def test_a_server_that_does_not_read_does_not_outlive_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        error = failure(url, method="POST", body="x" * 20_000_000, timeout="300ms")

    assert error.code == "timeout"


def test_the_tasks_own_deadline_is_the_shorter_one() -> None:
    def silent(_connection: socket.socket, _request: bytes, server: Server) -> None:
        server.stopping.wait(10)

    plugin = http_request(HttpRequest(guard=lambda: LOOPBACK))
    with serving(silent) as server, pytest.raises(PluginError) as late:
        run_plugin(plugin, {"url": server.url}, task_context(remaining=lambda: 0.2))

    assert late.value.code == "timeout"


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_post_becomes_a_get_when_redirected(status: int, servers: ExitStack) -> None:
    target = servers.enter_context(serving(OK))
    first = servers.enter_context(serving(redirecting(f"{target.url}/new", status)))

    assert get(first.url, method="POST", body={"a": 1})["status_code"] == 200

    assert target.requests[0].startswith(b"GET /new HTTP/1.1")
    assert target.requests[0].endswith(b"\r\n\r\n")


def inside(status: int) -> Reply:
    """Redirect to another path of the same server, which answers."""

    def reply(connection: socket.socket, request: bytes, server: Server) -> None:
        here = OK if b" /inside " in request else redirecting("/inside", status)
        here(connection, request, server)

    return reply


@pytest.mark.parametrize("status", [307, 308])
def test_a_307_repeats_the_post_within_its_origin(status: int) -> None:
    with serving(inside(status)) as server:
        get(server.url, method="POST", body="again")

    assert server.requests[1].startswith(b"POST /inside ")
    assert server.requests[1].endswith(b"\r\n\r\nagain")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_no_other_method_becomes_a_get(method: str, status: int) -> None:
    with serving(inside(status)) as server:
        get(server.url, method=method, body={"a": 1})

    assert server.requests[1].startswith(f"{method} /inside ".encode())
    assert server.requests[1].endswith(b'\r\n\r\n{"a":1}')
    assert b"content-type: application/json" in server.requests[1]


@pytest.mark.parametrize(
    ("method", "status", "lines"),
    [("POST", 302, 1), ("DELETE", 303, 1), ("GET", 303, 0), ("HEAD", 303, 0), ("DELETE", 302, 0)],
)
def test_a_method_that_becomes_a_get_is_told(method: str, status: int, lines: int) -> None:
    log, plugin = Lines(), http_request(HttpRequest(guard=lambda: LOOPBACK))
    with serving(inside(status)) as server:
        properties = {"url": f"{server.url}/a?q=secret", "method": method}
        run_plugin(plugin, properties, task_context(log=log))

    origin = f"http://127.0.0.1:{server.port}"
    line = f"{method} {origin}/a was answered {status}: GET {origin}/inside follows"
    assert log.written == [("INFO", line)] * lines


def test_ones_own_headers_and_cookies_follow_within_an_origin() -> None:
    def reply(connection: socket.socket, request: bytes, server: Server) -> None:
        there = answering("HTTP/1.1 302 Found\nlocation: /inside\nset-cookie: set=2")
        (OK if b" /inside " in request else there)(connection, request, server)

    with serving(reply) as server:
        get(server.url, headers={"Cookie": "own=1", "X-Own": "mine", "User-Agent": None})

    assert b"cookie: own=1; set=2\r\n" in server.requests[1].lower()
    assert b"x-own: mine\r\n" in server.requests[1].lower()
    assert b"user-agent" not in server.requests[1].lower()


def test_a_default_left_out_stays_out_at_another_origin(servers: ExitStack) -> None:
    target = servers.enter_context(serving(OK))
    first = servers.enter_context(serving(redirecting(target.url)))

    get(first.url, headers={"User-Agent": None})

    assert b"user-agent" not in target.requests[0].lower()
    assert b"accept-encoding: gzip, deflate" in target.requests[0].lower()


@pytest.mark.parametrize("status", [307, 308])
def test_a_body_does_not_follow_to_another_origin(status: int, servers: ExitStack) -> None:
    target = servers.enter_context(serving(OK))
    first = servers.enter_context(serving(redirecting(target.url, status)))

    error = failure(first.url, method="POST", body="secret-body")

    assert error.code == "redirect_refused"
    assert "another origin" in told(error)
    assert "secret" not in told(error)
    assert target.requests == []


def test_a_redirect_from_https_to_http_is_refused(servers: ExitStack, tmp_path: Path) -> None:
    theirs, ours = tls_contexts("secure.example", tmp_path)
    target = servers.enter_context(serving(OK))
    first = servers.enter_context(serving(redirecting(target.url), tls=theirs))

    guard = named("secure.example", ["127.0.0.1"])
    error = failure(f"https://secure.example:{first.port}", tls=ours, guard=guard)

    assert error.code == "redirect_refused"
    assert target.requests == []


def test_no_header_of_ones_own_follows_to_another_origin(servers: ExitStack) -> None:
    target = servers.enter_context(serving(OK))
    first = servers.enter_context(serving(redirecting(target.url)))
    names = ["X-Api-Key", "Cookie", "Accept", "User-Agent", "Content-Language", "Accept-Encoding"]
    secrets = {name: f"secret-{name}" for name in names}

    get(first.url, headers=secrets, auth={"type": "bearer", "token": "secret-token"})

    assert first.requests[0].count(b"secret-") == len(names) + 1
    assert b"secret" not in target.requests[0]
    for default in (b"accept: */*", b"accept-encoding: gzip, deflate", b"user-agent: headrace"):
        assert default in target.requests[0]


def test_credentials_follow_within_an_origin() -> None:
    def reply(connection: socket.socket, request: bytes, server: Server) -> None:
        here = redirecting("/inside") if b"GET / " in request else OK
        here(connection, request, server)

    with serving(reply) as server:
        get(server.url, headers={"X-Api-Key": "secret-key"})

    assert b"secret-key" in server.requests[1]


def test_redirects_can_be_left_to_the_flow() -> None:
    with serving(redirecting("http://169.254.169.254/")) as server:
        outputs = get(server.url, followRedirects=False, failOnStatus=False)

    assert outputs["status_code"] == 302
    assert outputs["headers"]["location"] == "http://169.254.169.254/"


def test_where_nobody_follows_a_location_may_be_anything() -> None:
    with serving(redirecting("http://[zz]/")) as server:
        outputs = get(server.url, followRedirects=False, failOnStatus=False)

    assert outputs["headers"]["location"] == "http://[zz]/"


def test_a_redirect_loop_ends() -> None:
    with serving(redirecting("/again")) as server:
        error = failure(f"{server.url}/first?token=secret")

    assert error.code == "too_many_redirects"
    asked = f"GET http://127.0.0.1:{server.port}/first"
    assert told(error) == f"{asked} was redirected more than 5 times"

    assert len(server.requests) == 6


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:169.254.169.254]/",
        "http://2852039166/",
        "http://user:secret@127.0.0.1/",
        "ftp://127.0.0.1/",
        "//0x7f000002/",
    ],
)
def test_every_hop_is_guarded(location: str) -> None:
    with serving(redirecting(location)) as server:
        error = failure(server.url)

    assert error.code == "egress_refused"
    assert "secret" not in told(error)


@pytest.mark.parametrize(
    "location",
    [
        *("http://[zz]/", "https:host", "http:\\\\host/", "http://xn--a/", "http://xn--/"),
        *("http://a b/", "http://host:99999/", "http://host:x/", "http://\xe9\xff/", "http://%zz/"),
        *("http://" + "a" * 300 + "/", "http://a..b/", "http://[::1", "data:text/plain,x"),
        *("//xn--a", "x" * 70_000, "http://", "http:///x", "http://%00/", "http://\x7f/"),
        *("javascript:1", "http://[::1%25x]/", "http://-/"),
    ],
)
def test_a_redirect_to_no_url_is_an_invalid_answer(location: str) -> None:
    with serving(redirecting(location)) as server:
        error = failure(server.url)

    assert error.code in {"invalid_answer", "egress_refused", "connection_error"}


@pytest.mark.parametrize("url", ["http://xn--a/", "http://[zz]/", "http://host:x/", "https:host"])
def test_a_malformed_url_is_an_invalid_value(url: str) -> None:
    assert failure(url).code in {"invalid_value", "egress_refused"}


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "017700000001", "localhost", "[::1]"],
)
def test_loopback_is_refused_however_it_is_written(host: str) -> None:
    with serving(OK) as server:
        error = failure(f"http://{host}:{server.port}", guard=EgressGuard())

    assert error.code == "egress_refused"
    assert server.requests == []


def test_the_address_that_was_checked_is_the_one_connected_to() -> None:
    with serving(OK) as server:
        rebinding = named("rebind.example", ["127.0.0.1"], ["169.254.169.254"])
        get(f"http://rebind.example:{server.port}", guard=rebinding)

    assert f"host: rebind.example:{server.port}".encode() in server.requests[0].lower()


def test_a_host_with_one_forbidden_address_is_not_tried_at_all() -> None:
    with serving(OK) as server:
        mixed = named("mixed.example", ["127.0.0.1", "10.0.0.1"])
        error = failure(f"http://mixed.example:{server.port}", guard=mixed)

    assert error.code == "egress_refused"
    assert "10.0.0.1" not in told(error)
    assert server.requests == []


def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    with serving(OK) as server:
        several = named("several.example", ["127.0.0.9", "127.0.0.1"], allow="127.0.0.0/8")

        assert get(f"http://several.example:{server.port}", guard=several)["status_code"] == 200


def test_a_port_nobody_listens_on_is_a_connection_error() -> None:
    with socket.socket() as taken:  # but not listening, so that nobody else can
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        error = failure(f"http://127.0.0.1:{port}/path?token=secret")

    assert error.code == "connection_error"
    assert told(error) == f"GET http://127.0.0.1:{port}/path: no connection could be made"


def test_an_unknown_host_is_a_connection_error() -> None:
    def resolve(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    assert (
        failure("http://no.example", guard=EgressGuard(resolve=resolve)).code == "connection_error"
    )


def test_a_resolver_that_hangs_is_a_timeout() -> None:
    released = threading.Event()

    def resolve(_host: str, _port: int) -> Sequence[str]:
        released.wait(60)
        return ["127.0.0.1"]

    try:
        error = failure("http://slow.example", guard=EgressGuard(resolve=resolve), timeout="50ms")
    finally:
        released.set()

    assert error.code == "timeout"


@pytest.mark.parametrize("sent", [b"", b"no HTTP at all\r\n\r\n"])
def test_a_broken_connection_is_a_connection_error(sent: bytes) -> None:
    def reply(connection: socket.socket, _request: bytes, _server: Server) -> None:
        connection.sendall(sent)

    with serving(reply) as server:
        assert failure(server.url).code == "connection_error"


def test_a_body_cut_short_is_a_connection_error() -> None:
    def reply(connection: socket.socket, _request: bytes, _server: Server) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc")

    with serving(reply) as server:
        assert failure(server.url).code == "connection_error"


def test_tls_is_verified_against_the_name_not_the_address(tmp_path: Path) -> None:
    server_tls, client_tls = tls_contexts("secure.example", tmp_path)
    with serving(OK, server_tls) as server:
        url = f"https://secure.example:{server.port}"
        here = named("secure.example", ["127.0.0.1"])

        assert get(url, guard=here, tls=client_tls)["status_code"] == 200


def test_a_certificate_of_another_name_or_authority_is_refused(tmp_path: Path) -> None:
    server_tls, client_tls = tls_contexts("secure.example", tmp_path)
    with serving(OK, server_tls) as server:
        other = f"https://other.example:{server.port}"
        secure = f"https://secure.example:{server.port}"
        wrong_name = failure(other, guard=named("other.example", ["127.0.0.1"]), tls=client_tls)
        unknown = failure(secure, guard=named("secure.example", ["127.0.0.1"]))

    assert wrong_name.code == unknown.code == "connection_error"
    assert "its certificate is not valid" in told(wrong_name)
    assert "its certificate is not valid" in told(unknown)


def test_a_server_that_speaks_no_tls_is_a_connection_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def speak_plainly() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.recv(65536)

        plain = threading.Thread(target=speak_plainly)
        plain.start()
        error = failure(f"https://127.0.0.1:{listener.getsockname()[1]}")
        plain.join()

    assert error.code == "connection_error"
    assert "no TLS connection could be made" in told(error)


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    with serving(OK) as server:
        assert get(server.url)["status_code"] == 200


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"timeout": 0}, "invalid_value"),
        ({"timeout": "soon"}, "invalid_properties"),
        ({"url": ""}, "invalid_properties"),
        ({"url": "http://[::1"}, "invalid_value"),
        ({"url": "http://a\u0000b/"}, "invalid_value"),
        ({"url": "no url"}, "egress_refused"),
        ({"url": "http://127.0.0.1:99999999999999999999/"}, "connection_error"),
        ({"headers": {"X": "a\u0001b"}}, "invalid_value"),
        ({"method": "TRACE"}, "invalid_properties"),
        ({"auth": {"type": "basic", "username": "a"}}, "invalid_properties"),
        ({"auth": {"type": "bearer"}}, "invalid_properties"),
        ({"auth": {"type": "digest"}}, "invalid_properties"),
        ({"headers": {"X": ["a"]}}, "invalid_properties"),
        ({"method": "POST", "body": "\ud800"}, "invalid_value"),
    ],
)
def test_bad_properties_are_refused(more: dict[str, Any], code: str) -> None:
    with serving(OK) as server:
        assert failure(**{"url": server.url, **more}).code == code


def test_nothing_is_sent_when_no_time_is_left() -> None:
    plugin = http_request(HttpRequest(guard=lambda: LOOPBACK))
    with serving(OK) as server, pytest.raises(PluginError) as late:
        run_plugin(plugin, {"url": server.url}, task_context(remaining=lambda: 0.0))

    assert late.value.code == "timeout"
    assert server.requests == []


@pytest.mark.parametrize("variable", ["HEADRACE_EGRESS_ALLOW", "HEADRACE_EGRESS_DENY"])
def test_a_malformed_list_is_a_configuration_error(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "http://x")
    settings.cache_clear()
    egress_guard.cache_clear()
    try:
        with pytest.raises(PluginError) as failed:
            run_plugin("http.request", {"url": "http://127.0.0.1:1"})
    finally:
        settings.cache_clear()
        egress_guard.cache_clear()

    assert failed.value.code == "configuration_error"
    assert variable in told(failed.value)
    assert ("http://x" in told(failed.value)) is (variable == "HEADRACE_EGRESS_ALLOW")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "017700000001", "::1"]
)
def test_disguised_loopback_goes_through_the_resolvers_answer(host: str) -> None:
    with pytest.raises(EgressRefusedError):
        EgressGuard().addresses(host, 80, timeout=5)


def test_the_system_resolver_gives_plain_addresses() -> None:
    assert system_addresses("127.0.0.1", 80) == ["127.0.0.1"]


def test_a_host_with_a_label_that_is_too_long_has_no_address() -> None:
    with pytest.raises(OSError, match=r".+"):
        EgressGuard().addresses("a" * 64 + ".example", 80, timeout=5)
