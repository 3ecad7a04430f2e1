"""The end of an API function's process: after its answer, before the next event."""

import io
import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.expressions import Scope, TakesTooLongError, render_tree
from shared.http.app import http_app, http_handler
from shared.http.process_end import EMULATED, RUNTIME_API, end_after
from tests.support.api import ANY_ROUTE, Context, call
from tests.support.hanging import Hanging, hanging
from tests.support.servers import answering, serving

pytestmark = pytest.mark.timing

ANSWER = {"statusCode": 400, "body": "{}"}


class EndedError(Exception):
    """The end of a process, as a test meets it."""


def ended(status: int) -> None:
    raise EndedError(status)


def handler_of(values: Hanging, ends: list[Mapping[str, Any]]) -> Any:
    app = http_app(ANY_ROUTE)

    @app.get("/things")
    def evaluate(q: str) -> dict[str, str]:
        scope = Scope(roots={"vars": values}, seed="", now=datetime.now(UTC))
        try:
            return {"value": render_tree(q, scope, "")}
        except TakesTooLongError:
            return {"value": "too long"}

    return http_handler(
        app, watchdog=values.watchdog, end=lambda answer, _context: ends.append(answer)
    )


def test_an_answer_is_given_before_the_process_ends():
    with hanging() as values:
        ends: list[Mapping[str, Any]] = []
        handler = handler_of(values, ends)

        assert call(handler, "GET", "/things?q={{vars.fast}}").json == {"value": "y"}
        assert ends == []
        answer = call(handler, "GET", "/things?q={{vars.slow}}")

        assert answer.json == {"value": "too long"}
        assert [end["statusCode"] for end in ends] == [200]


@pytest.mark.enable_socket
def test_on_aws_the_answer_is_posted_first(monkeypatch: pytest.MonkeyPatch):
    with serving(answering("HTTP/1.1 202 Accepted")) as server:
        monkeypatch.setenv(RUNTIME_API, f"127.0.0.1:{server.port}")
        monkeypatch.setattr(os, "_exit", ended)
        with pytest.raises(EndedError):
            end_after(ANSWER, Context())  # type: ignore[arg-type]  # as much as is read

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    path = f"/2018-06-01/runtime/invocation/{Context.aws_request_id}/response"
    assert head.startswith(f"POST {path} HTTP/1.1\r\n".encode())
    assert json.loads(body) == ANSWER


@pytest.mark.enable_socket
@pytest.mark.parametrize("text", ["Grüße", "zu spät … 遅い 🐢"])
def test_an_answer_in_any_script_is_posted_as_utf_8(text: str, monkeypatch: pytest.MonkeyPatch):
    with serving(answering("HTTP/1.1 202 Accepted")) as server:
        monkeypatch.setenv(RUNTIME_API, f"127.0.0.1:{server.port}")
        monkeypatch.setattr(os, "_exit", ended)
        with pytest.raises(EndedError):
            end_after({**ANSWER, "body": text}, Context())  # type: ignore[arg-type]  # as above

    assert json.loads(server.requests[0].partition(b"\r\n\r\n")[2].decode())["body"] == text


def test_the_process_ends_even_if_the_answer_cannot_be_written(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(RUNTIME_API, "127.0.0.1:9")
    monkeypatch.setattr(os, "_exit", ended)

    with pytest.raises(EndedError):
        end_after({"body": object()}, Context())  # type: ignore[arg-type]  # as above


@pytest.mark.enable_socket
def test_the_process_ends_even_if_nobody_takes_the_answer(monkeypatch: pytest.MonkeyPatch):
    with serving(answering("HTTP/1.1 202 Accepted")) as server:
        closed = server.port
    monkeypatch.setenv(RUNTIME_API, f"127.0.0.1:{closed}")
    monkeypatch.setattr(os, "_exit", ended)

    with pytest.raises(EndedError):
        end_after(ANSWER, Context())  # type: ignore[arg-type]  # as much as is read


def test_in_the_emulator_the_process_ends_where_it_asks_for_the_next_event(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.delenv(RUNTIME_API, raising=False)
    monkeypatch.setenv(EMULATED, "30")
    monkeypatch.setattr(os, "_exit", ended)
    monkeypatch.setattr(sys, "stdin", io.StringIO("the next event\n"))

    end_after(ANSWER, Context())  # type: ignore[arg-type]  # as much as is read

    with pytest.raises(EndedError):
        sys.stdin.readline()


def test_anywhere_else_the_process_lives_on(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(RUNTIME_API, raising=False)
    monkeypatch.delenv(EMULATED, raising=False)
    monkeypatch.setattr(os, "_exit", ended)

    end_after(ANSWER, Context())  # type: ignore[arg-type]  # as much as is read
