"""What a stack says of itself."""

from collections.abc import Iterator

import pytest

from functions.health.handler import lambda_handler
from functions.openapi import VERSION
from shared.config import settings
from tests.support.api import call


@pytest.fixture(autouse=True)
def _told(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.cache_clear()
    monkeypatch.setenv("HEADRACE_STAGE", "prod")
    monkeypatch.setenv("HEADRACE_AUTH", "on")
    yield
    settings.cache_clear()


def test_a_stack_says_what_it_is_and_its_limits() -> None:
    found = call(lambda_handler, "GET", "/api/v1/info")

    told = found.json
    limits = told.pop("limits")
    assert (found.status, told) == (
        200,
        {"version": VERSION, "stage": "prod", "auth": "on", "websocketUrl": None},
    )
    assert set(limits) == {
        "bodyBytes",
        "flowBytes",
        "tasks",
        "pageSize",
        "waitSeconds",
        "documentBytes",
    }


def test_a_stack_that_was_not_told_what_it_is_says_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("HEADRACE_STAGE")

    assert call(lambda_handler, "GET", "/api/v1/info").status == 500
