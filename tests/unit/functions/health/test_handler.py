"""Health, the document, and what answers where nothing is."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.health import handler
from functions.health.handler import checks
from shared.http import openapi
from tests.support.api import call


@pytest.fixture
def needed() -> Iterator[dict[str, Any]]:
    """What /readyz asks; each is well until a test says otherwise."""
    found: dict[str, Any] = {"store": lambda: None, "other": lambda: None}
    handler.app.dependency_overrides[checks] = lambda: found
    yield found
    handler.app.dependency_overrides.clear()


def fail() -> None:
    raise ConnectionError("arn:aws:secret")


def test_healthz_touches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLOWS_TABLE_NAME", raising=False)

    found = call(handler.lambda_handler, "GET", "/healthz")

    assert (found.status, found.json) == (200, {"status": "ok"})


def test_readyz_is_ok_when_all_it_needs_is(needed: dict[str, Any]) -> None:
    assert needed

    assert call(handler.lambda_handler, "GET", "/readyz").json == {"status": "ok"}


def test_readyz_names_what_fails_and_tells_no_more(needed: dict[str, Any]) -> None:
    needed["store"] = fail

    found = call(handler.lambda_handler, "GET", "/readyz")

    assert (found.status, found.json["code"]) == (503, "unavailable")
    assert found.json["detail"] == "not ready: store"
    assert "retry-after" in found.headers


def test_the_document_is_served_as_it_is_committed() -> None:
    found = call(handler.lambda_handler, "GET", "/openapi.json")

    assert found.headers["content-type"] == "application/json"
    assert found.json == json.loads(openapi.DOCUMENT.read_text("utf-8"))


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/v1/flows", "GET, POST"),
        ("PATCH", "/api/v1/flows/x", "DELETE, GET, PUT"),
        ("GET", "/api/v1/flows/x/activate", "POST"),
        ("POST", "/healthz", "GET"),
        ("OPTIONS", "/api/v1/plugins", "GET"),
        ("HEAD", "/api/v1/plugins/util.log", "GET"),
    ],
)
def test_a_wrong_method_is_405_with_those_that_are_right(
    method: str, path: str, allowed: str
) -> None:
    found = call(handler.lambda_handler, method, path)

    assert (found.status, found.json["code"]) == (405, "method_not_allowed")
    assert found.headers["allow"] == allowed


@pytest.mark.parametrize(
    "path", ["/", "/api/v1", "/api/v1/flows/", "/api/v1/flows/x/y", "/nope?x=1"]
)
def test_a_path_of_nobody_is_404(path: str) -> None:
    found = call(handler.lambda_handler, "GET", path)

    assert (found.status, found.json["code"]) == (404, "route_not_found")
    assert found.headers["content-type"] == "application/problem+json"
