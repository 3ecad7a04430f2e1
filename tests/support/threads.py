"""Requests of several threads kept apart: where a test's process stands for many of Lambda's.

A function's process answers one request at a time, so Powertools keeps the current one in a place
that all threads share. Here each thread has its own.
"""

import threading
from typing import Any

import pytest
from aws_lambda_powertools.event_handler import api_gateway

REQUEST = ("current_event", "lambda_context", "context")


class _Current(threading.local):
    """What `BaseRouter` holds as class attributes, and an app as its context."""

    def __init__(self) -> None:
        self.context: dict[str, Any] = {}


def keep_requests_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every thread its own current request, until the monkeypatch is undone."""
    current = _Current()
    monkeypatch.setattr(api_gateway, "BaseRouter", current)
    for name in REQUEST:
        monkeypatch.setattr(api_gateway.ApiGatewayResolver, name, _of(current, name), raising=False)


def _of(current: _Current, name: str) -> property:
    return property(
        lambda _: getattr(current, name), lambda _, value: setattr(current, name, value)
    )
