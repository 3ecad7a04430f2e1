"""Events as API Gateway's HTTP API sends them (payload format 2.0), and a Lambda context."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Context:
    function_name: str = "a-function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:a-function"
    aws_request_id: str = "52fdfc07-2182-454f-963f-5f0f9a621d72"

    def get_remaining_time_in_millis(self) -> int:
        return 29_000


def api_event(
    method: str,
    url: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Build an event; a body of str or bytes goes as it is, anything else as JSON."""
    parts = urlsplit(url)
    sent = dict(headers or {})
    text, is_base64 = body, False
    if isinstance(body, bytes):
        text, is_base64 = base64.b64encode(body).decode(), True
    elif body is not None and not isinstance(body, str):
        text = json.dumps(body)
        sent.setdefault("content-type", "application/json")
    event = {
        "version": "2.0",
        "routeKey": f"{method} {parts.path}",
        "rawPath": parts.path,
        "rawQueryString": parts.query,
        "headers": sent,
        "requestContext": {
            "stage": "$default",
            "requestId": "gateway-id",
            "http": {"method": method, "path": parts.path, "sourceIp": "192.0.2.1"},
        },
        "isBase64Encoded": is_base64,
    }
    query = _joined(parse_qsl(parts.query, keep_blank_values=True))
    return (
        event
        | ({"queryStringParameters": query} if query else {})
        | ({} if text is None else {"body": text})
    )


def _joined(pairs: list[tuple[str, str]]) -> dict[str, str]:
    query: dict[str, str] = {}
    for name, value in pairs:
        query[name] = f"{query[name]},{value}" if name in query else value
    return query


@dataclass
class Answer:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    text: str | None = None

    @property
    def json(self) -> Any:
        return json.loads(self.text or "null")


def call(
    handler: Callable[[dict[str, Any], Any], dict[str, Any]],
    method: str,
    url: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send one request to a handler and read its answer; header names come in lower case."""
    answer = handler(api_event(method, url, body, headers), Context())
    names = {name.lower(): str(value) for name, value in answer["headers"].items()}
    return Answer(answer["statusCode"], names, answer["body"])
