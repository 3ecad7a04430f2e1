"""The gateway of the local stack: what it forwards, and what it answers by itself."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from infra.local.gateway import BODY_LIMIT, Gateway

PORT = 8080
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


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


@pytest.fixture
def gateway(emulator: Emulator) -> Gateway:
    made = Gateway(emulator, port=PORT)
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


def test_nothing_is_served_before_the_deploy(gateway: Gateway) -> None:
    gateway.api_id = None

    start, _ = request(gateway, scope())

    assert start["status"] == 503


@pytest.mark.parametrize(
    "asked",
    [scope("/", port=4566), scope(server=None), {"type": "lifespan"}],
    ids=["another port", "no port", "no request"],
)
def test_everything_else_is_the_emulators(
    gateway: Gateway, emulator: Emulator, asked: Message
) -> None:
    request(gateway, asked)

    assert emulator.scope is asked
