"""The API's own port: `/…` becomes the emulator's `/_aws/execute-api/{api}/{stage}/…`.

The rest of a request, and its answer, go through untouched. The gateway adds what API Gateway would
answer by itself: 413 above 10 MB, 503 while nothing is deployed.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_LIMIT = 10 * 1024 * 1024
STAGE = "$default"


class Gateway:
    """An ASGI application that stands before the emulator's."""

    def __init__(self, emulator: Application, *, port: int) -> None:
        self._emulator = emulator
        self._port = port
        self.api_id: str | None = None
        """The API to reach, once it is deployed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the API on its own port, the emulator on every other."""
        is_api = scope["type"] == "http" and (scope.get("server") or ("", 0))[1] == self._port
        if not is_api:
            await self._emulator(scope, receive, send)
        elif self.api_id is None:
            await _answer(send, 503, "Service Unavailable")
        else:
            body = await _read(receive)
            if body is None:
                await _answer(send, 413, "Request Entity Too Large")
            else:
                await self._emulator(self._forwarded(scope), _once(body, receive), send)

    def _forwarded(self, scope: Scope) -> Scope:
        prefix = f"/_aws/execute-api/{self.api_id}/{STAGE}"
        raw = scope.get("raw_path") or scope["path"].encode()
        return {**scope, "path": prefix + scope["path"], "raw_path": prefix.encode() + raw}


async def _read(receive: Receive) -> bytes | None:
    """Return the whole body, or None if it is larger than API Gateway takes."""
    body = bytearray()
    is_too_large = False
    while True:
        message = await receive()
        if not is_too_large:
            body += message.get("body", b"")
            is_too_large = len(body) > BODY_LIMIT
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return None if is_too_large else bytes(body)


def _once(body: bytes, receive: Receive) -> Receive:
    is_read = False

    async def replay() -> MutableMapping[str, Any]:
        nonlocal is_read
        if is_read:
            return await receive()
        is_read = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _answer(send: Send, status: int, message: str) -> None:
    body = json.dumps({"message": message}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
