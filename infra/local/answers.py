"""The answers that the gateway gives by itself, to requests and to WebSocket handshakes."""

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from http import HTTPStatus
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


async def answer(scope: Scope, send: Send, status: int, message: str) -> None:
    """Answer as API Gateway and the services of AWS do: `{"message": …}`."""
    await _send(scope, send, status, {"message": message}, "application/json")


async def problem(scope: Scope, send: Send, status: HTTPStatus, code: str, detail: str) -> None:
    """Answer as the API does, with a problem document (RFC 9457)."""
    document = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "code": code,
        "requestId": str(uuid.uuid4()),
    }
    await _send(scope, send, status, document, "application/problem+json")


async def _send(
    scope: Scope, send: Send, status: int, document: Mapping[str, Any], content_type: str
) -> None:
    body = json.dumps(document).encode()
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", b"%d" % len(body)),
    ]
    prefix = "websocket.http" if scope["type"] == "websocket" else "http"
    await send({"type": f"{prefix}.response.start", "status": status, "headers": headers})
    await send({"type": f"{prefix}.response.body", "body": body})
