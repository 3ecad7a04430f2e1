"""Events as AWS sends them, built from the few things a test cares about."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import uuid4

HOST = "api.example.com"
TEXT_TYPES = {"application/json", "application/xml", "application/javascript"}


def claims_of(
    name: str, role: str, *, tenant: str = "default", groups: Sequence[str] = ()
) -> dict[str, str]:
    """The claims of an access token as API Gateway passes them on."""
    named = [f"role:{role}", f"tenant:{tenant}", *(f"group:{group}" for group in groups)]
    return {
        "sub": str(uuid4()),
        "iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_pool",
        "client_id": "client",
        "token_use": "access",
        "scope": "aws.cognito.signin.user.admin",
        "exp": "4102444800",
        "username": name,
        "cognito:groups": f"[{' '.join(named)}]",
    }


LOCAL_ADMIN = claims_of("local", "admin", groups=["ops"])
"""Whoever a test calls as, unless it says so."""


def api_event(
    method: str,
    path: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    *,
    route: str = "$default",
    path_parameters: Mapping[str, str] | None = None,
    claims: Mapping[str, str] | None = LOCAL_ADMIN,
) -> dict[str, Any]:
    """An HTTP API event, payload format 2.0, of who the claims of a token say; None: of nobody.

    `str` and `bytes` are sent as they are, anything else as JSON with its content type. As behind
    API Gateway, a body is text only under the content types it knows as text (YAML's is none of
    them), else base64. `path` may carry a query.
    """
    url = urlsplit(path)
    sent = {"host": HOST, **{name.lower(): value for name, value in (headers or {}).items()}}
    text, is_base64 = _body(body, sent)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": unquote(url.path),
        "rawQueryString": url.query,
        "headers": sent,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "domainName": HOST,
            "domainPrefix": "api",
            "http": {
                "method": method,
                "path": unquote(url.path),
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "tests",
            },
            "requestId": str(uuid4()),
            "routeKey": route,
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 1767225600000,
        },
        "isBase64Encoded": is_base64,
    }
    if claims is not None:
        event["requestContext"]["authorizer"] = {"jwt": {"claims": dict(claims), "scopes": None}}
    if text is not None:
        event["body"] = text
    if url.query:
        event["queryStringParameters"] = _query(parse_qsl(url.query, keep_blank_values=True))
    if path_parameters:
        event["pathParameters"] = dict(path_parameters)
    return event


def scheduled_event() -> dict[str, Any]:
    """What an EventBridge schedule sends."""
    return {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {},
    }


def sqs_event(messages: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """What Lambda hands over of a queue."""
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": {},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "awsRegion": "us-east-1",
            }
            for message in messages
        ]
    }


def run_ended_event(machine_arn: str, name: str, status: str) -> dict[str, Any]:
    """What Step Functions tells EventBridge when a run ends FAILED, TIMED_OUT or ABORTED."""
    return {
        **scheduled_event(),
        "detail-type": "Step Functions Execution Status Change",
        "source": "aws.states",
        "detail": {
            "executionArn": machine_arn.replace(":stateMachine:", ":execution:") + f":{name}",
            "stateMachineArn": machine_arn,
            "name": name,
            "status": status,
            "input": json.dumps(
                {
                    "tenant": "default",
                    "executionId": name.rpartition("-")[0],
                    "generation": int(name.rpartition("-")[2]),
                }
            ),
            "inputDetails": {"included": True},
        },
    }


def _body(body: Any, headers: dict[str, str]) -> tuple[str | None, bool]:
    if body is None:
        return None, False
    if not isinstance(body, (str, bytes)):
        headers.setdefault("content-type", "application/json")
        body = json.dumps(body)
    sent = body.encode() if isinstance(body, str) else body
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith("text/") or kind in TEXT_TYPES:
        return sent.decode(errors="replace"), False
    return base64.b64encode(sent).decode(), True


def _query(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: ",".join(given) for name, given in values.items()}
