"""The gateway's own answers: for requests and for handshakes, as a message or a problem."""

import asyncio
import json
from collections.abc import MutableMapping
from http import HTTPStatus
from typing import Any

import pytest

from infra.local.answers import answer, problem


@pytest.mark.parametrize(("kind", "prefix"), [("http", "http"), ("websocket", "websocket.http")])
def test_an_answer_has_the_form_of_its_protocol(kind: str, prefix: str) -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    asyncio.run(answer({"type": kind}, send, 503, "Service Unavailable"))
    asyncio.run(problem({"type": kind}, send, HTTPStatus.NOT_FOUND, "route_not_found", "no"))

    assert [each["type"].removeprefix(prefix) for each in sent] == [
        ".response.start",
        ".response.body",
    ] * 2
    assert json.loads(sent[1]["body"]) == {"message": "Service Unavailable"}
    told = json.loads(sent[3]["body"])
    assert told.pop("requestId")
    assert told == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "no",
        "code": "route_not_found",
    }
