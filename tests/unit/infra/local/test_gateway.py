"""The gateway of the local stack: what it forwards, and what it answers by itself."""

import asyncio
import json
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from infra.local.gateway import BODY_LIMIT, Gateway
from infra.local.settings import Local

PORT = 8080
LOCAL = Local(home=Path("/nowhere"), port=PORT, emulator_port=4566)
SIGNED = b"AWS4-HMAC-SHA256 Credential=AKIAHOME/20261128/us-east-1/s3/aws4_request, Signature=0"
Message = MutableMapping[str, Any]


class Emulator:
    """Stands where the emulator's application does, and keeps what reached it."""

    def __init__(self) -> None:
        self.scope: Message = {}
        self.body = b""

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        self.scope = scope
        if scope["type"] == "http":
            self.body = (await receive())["body"]
            await send({"type": "http.response.start", "status": 201, "headers": [(b"x", b"y")]})
            await send({"type": "http.response.body", "body": b"done"})


def request(gateway: Gateway, scope: Message, *chunks: bytes) -> list[Message]:
    """The messages with which one request is answered."""
    arriving = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks] + [
        {"type": "http.request", "body": b"", "more_body": False}
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return arriving.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(gateway(scope, receive, send))
    return sent


def scope(path: str = "/api/v1/flows", *, port: int = PORT, **fields: Any) -> Message:
    return {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"a=1&a=2",
        "headers": [(b"host", b"localhost:8080"), (b"x-twice", b"1"), (b"x-twice", b"2")],
        "server": ("127.0.0.1", port),
        **fields,
    }


def signed(path: str = "/", **fields: Any) -> Message:
    """A request for the emulator that its door lets in."""
    lines = [(b"host", b"127.0.0.1:4566"), (b"authorization", SIGNED)]
    return scope(path, **fields, headers=lines)


def socket(path: str, port: int = PORT, host: bytes = b"localhost:8080") -> Message:
    """A WebSocket's handshake."""
    opened = {**scope(path, port=port, headers=[(b"host", host)]), "type": "websocket"}
    del opened["method"]
    return opened


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


@pytest.fixture
def gateway(emulator: Emulator) -> Gateway:
    made = Gateway(emulator, local=LOCAL, knows={"AKIAHOME"}.__contains__)
    made.api_id = "abc"
    return made


def test_a_request_reaches_the_api_with_nothing_but_its_path_changed(
    gateway: Gateway, emulator: Emulator
) -> None:
    asked = scope("/api/v1/flows/a b", raw_path=b"/api/v1/flows/a%20b")

    answered = request(gateway, asked, b'{"na', b'me"}')

    assert [message["type"] for message in answered] == [
        "http.response.start",
        "http.response.body",
    ]
    assert answered[0]["status"] == 201
    assert answered[1]["body"] == b"done"
    assert emulator.body == b'{"name"}'
    assert emulator.scope["path"] == "/_aws/execute-api/abc/$default/api/v1/flows/a b"
    assert emulator.scope["raw_path"] == b"/_aws/execute-api/abc/$default/api/v1/flows/a%20b"
    kept = {"method", "query_string", "headers", "server"}
    assert {name: emulator.scope[name] for name in kept} == {name: asked[name] for name in kept}


def test_a_body_of_ten_megabytes_passes(gateway: Gateway, emulator: Emulator) -> None:
    request(gateway, scope(), b"x" * BODY_LIMIT)

    assert len(emulator.body) == BODY_LIMIT


def test_a_larger_body_is_refused_as_api_gateway_does(gateway: Gateway, emulator: Emulator) -> None:
    start, body = request(gateway, scope(), b"x" * BODY_LIMIT, b"x")

    assert start["status"] == 413
    assert body["body"] == b'{"message": "Request Entity Too Large"}'
    assert emulator.scope == {}


@pytest.mark.parametrize("sent", [b"{name: half", b"x" * (BODY_LIMIT + 1)], ids=["half", "large"])
def test_a_body_that_its_client_left_off_reaches_nothing(
    sent: bytes, gateway: Gateway, emulator: Emulator
) -> None:
    arriving: list[Message] = [
        {"type": "http.request", "body": sent, "more_body": True},
        {"type": "http.disconnect"},
    ]
    answered: list[Message] = []

    async def receive() -> Message:
        return arriving.pop(0)

    async def send(message: Message) -> None:
        answered.append(message)

    asyncio.run(gateway(scope(), receive, send))

    assert (emulator.scope, answered) == ({}, [])


def test_nothing_is_served_before_the_deploy(gateway: Gateway) -> None:
    gateway.api_id = None

    start, _ = request(gateway, scope())

    assert start["status"] == 503


@pytest.mark.parametrize(
    "asked",
    [signed("/", port=4566), signed(server=None), {"type": "lifespan"}],
    ids=["another port", "no port", "no request"],
)
def test_everything_else_is_the_emulators(
    gateway: Gateway, emulator: Emulator, asked: Message
) -> None:
    request(gateway, asked)

    assert emulator.scope is asked


def test_a_refusal_of_the_apis_door_is_a_problem_and_nothing_is_reached(
    gateway: Gateway, emulator: Emulator
) -> None:
    start, body = request(gateway, scope(headers=[(b"host", b"evil.example:8080")]))

    assert start["status"] == 403
    assert (b"content-type", b"application/problem+json") in start["headers"]
    told = json.loads(body["body"])
    assert (told["code"], told["status"], told["title"]) == ("forbidden", 403, "Forbidden")
    assert "HEADRACE_HOSTS" in told["detail"]
    assert told["requestId"]
    assert emulator.scope == {}


def test_a_refusal_of_the_emulators_door_is_a_message(gateway: Gateway, emulator: Emulator) -> None:
    start, body = request(gateway, scope("/", port=4566, headers=[(b"host", b"127.0.0.1:4566")]))

    assert start["status"] == 403
    told = json.loads(body["body"])["message"]
    assert "AWS_SHARED_CREDENTIALS_FILE" in told
    assert "unset AWS_ACCESS_KEY_ID" in told
    assert emulator.scope == {}


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        (scope("/_live"), 404, "route_not_found"),
        (socket("/_live"), 404, "route_not_found"),
        (socket("/_live", host=b"evil.example:8080"), 403, "forbidden"),
        (socket("/"), 403, "forbidden"),
        (socket("/_aws/execute-api/abc/live"), 403, "forbidden"),
    ],
)
def test_the_sockets_address_is_reserved_and_no_other_socket_is_opened(
    gateway: Gateway, emulator: Emulator, asked: Message, status: int, code: str
) -> None:
    start, body = request(gateway, asked)

    assert start["type"].startswith("websocket" if asked["type"] == "websocket" else "http")
    assert (start["status"], json.loads(body["body"])["code"]) == (status, code)
    assert emulator.scope == {}


def test_a_socket_at_the_emulator_needs_a_key_too(gateway: Gateway, emulator: Emulator) -> None:
    start, _ = request(gateway, socket("/", port=4566, host=b"127.0.0.1:4566"))

    assert (start["type"], start["status"]) == ("websocket.http.response.start", 403)
    assert emulator.scope == {}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_address_that_nobody_presigned_reaches_nothing(
    gateway: Gateway, emulator: Emulator, method: str
) -> None:
    start, body = request(gateway, scope("/_objects/bucket/key", method=method, query_string=b""))

    assert (start["status"], json.loads(body["body"])["code"]) == (403, "forbidden")
    assert emulator.scope == {}
