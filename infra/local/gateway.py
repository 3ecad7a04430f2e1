"""The two ports: doors first, then the API, the objects behind it, or the emulator.

On the API's port `/…` becomes the emulator's `/_aws/execute-api/{api}/{stage}/…`. The rest of a
request, and its answer, go through untouched. The gateway adds what API Gateway would answer by
itself: 413 above 10 MB, 503 while nothing is deployed.
"""

from collections.abc import Callable, MutableMapping
from http import HTTPStatus
from typing import Any

from infra.local import objects
from infra.local.answers import Application, Receive, Scope, Send, answer, problem
from infra.local.door import ApiDoor, EmulatorDoor, access_key
from infra.local.settings import HOST, Local

BODY_LIMIT = 10 * 1024 * 1024
STAGE = "$default"
LIVE = "/_live"
"""The address of the WebSocket, on the API's own port; there is nothing behind it yet."""


class Gateway:
    """An ASGI application that stands before the emulator's."""

    def __init__(
        self, emulator: Application, *, local: Local, knows: Callable[[str], bool]
    ) -> None:
        self._emulator = emulator
        self._port = local.port
        self._signed_host = f"{HOST}:{local.emulator_port}"
        self._knows = knows
        self._api_door = ApiDoor(local.port, local.hosts)
        self._emulator_door = EmulatorDoor(local.emulator_port, knows)
        self.api_id: str | None = None
        """The API to reach, once it is deployed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the API on its own port, the emulator on every other."""
        if scope["type"] not in {"http", "websocket"}:
            await self._emulator(scope, receive, send)
        elif (scope.get("server") or ("", 0))[1] != self._port:
            await self._serve_emulator(scope, receive, send)
        elif reason := self._api_door.refusal(scope):
            await problem(scope, send, HTTPStatus.FORBIDDEN, "forbidden", reason)
        elif scope["path"] == LIVE:
            detail = "there is nothing at this path"
            await problem(scope, send, HTTPStatus.NOT_FOUND, "route_not_found", detail)
        elif scope["type"] == "websocket":
            detail = "no WebSocket is opened at this path"
            await problem(scope, send, HTTPStatus.FORBIDDEN, "forbidden", detail)
        elif objects.is_object(scope):
            await self._serve_object(scope, receive, send)
        else:
            await self._serve_api(scope, receive, send)

    async def _serve_emulator(self, scope: Scope, receive: Receive, send: Send) -> None:
        reason = self._emulator_door.refusal(scope)
        if reason:
            await answer(scope, send, HTTPStatus.FORBIDDEN, reason)
        else:
            await self._emulator(scope, receive, send)

    async def _serve_object(self, scope: Scope, receive: Receive, send: Send) -> None:
        signed = objects.signed_request(scope, self._signed_host)
        is_valid = (
            scope["method"] in objects.METHODS
            and signed is not None
            and self._knows(access_key(signed))
            and objects.has_valid_signature(signed)
        )
        if signed is None or not is_valid:
            detail = "this is no presigned address, or no longer a valid one: ask for a new one"
            await problem(scope, send, HTTPStatus.FORBIDDEN, "forbidden", detail)
        else:
            await self._emulator(signed, receive, objects.sandboxed(send))

    async def _serve_api(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.api_id is None:
            await answer(scope, send, HTTPStatus.SERVICE_UNAVAILABLE, "Service Unavailable")
            return
        try:
            body = await _read(receive)
        except ConnectionAbortedError:
            return  # half a text is none, and there is nobody to tell
        if body is None:
            too_large = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            await answer(scope, send, too_large, "Request Entity Too Large")
        else:
            await self._emulator(self._forwarded(scope), _once(body, receive), send)

    def _forwarded(self, scope: Scope) -> Scope:
        prefix = f"/_aws/execute-api/{self.api_id}/{STAGE}"
        raw = scope.get("raw_path") or scope["path"].encode()
        return {**scope, "path": prefix + scope["path"], "raw_path": prefix.encode() + raw}


async def _read(receive: Receive) -> bytes | None:
    """Return the whole body, or None if it is larger than API Gateway takes.

    ConnectionAbortedError when the client leaves before its end.
    """
    body = bytearray()
    is_too_large = False
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionAbortedError
        if not is_too_large:
            body += message.get("body", b"")
            is_too_large = len(body) > BODY_LIMIT
        if not message.get("more_body"):
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
