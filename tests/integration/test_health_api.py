"""Readiness, with a store behind it that answers, or doesn't."""

import pytest
from botocore.exceptions import EndpointConnectionError

from functions.health.handler import lambda_handler
from shared.aws import IMPATIENT
from tests.support.api import call
from tests.support.servers import answering, serving
from tests.support.stack import MotoStack, forget_factories


def test_a_platform_whose_store_answers_is_ready(moto_stack: MotoStack) -> None:
    found = moto_stack.api("GET", "/readyz")

    assert (found.status, found.body) == (200, {"status": "ok"})
    assert moto_stack.calls.of("health") == ["DynamoDB.GetItem"]


def test_a_platform_whose_store_is_away_is_not_ready(moto_stack: MotoStack) -> None:
    away = EndpointConnectionError(endpoint_url="https://dynamodb.secret")
    moto_stack.calls.fail_next(away, lambda _: True)

    found = moto_stack.api("GET", "/readyz")

    assert (found.status, found.body["detail"]) == (503, "not ready: store")
    assert moto_stack.api("GET", "/healthz").status == 200


def test_what_has_no_route_is_answered_by_us(moto_stack: MotoStack) -> None:
    assert moto_stack.api("GET", "/nothing").body["code"] == "route_not_found"
    found = moto_stack.api("PATCH", "/api/v1/flows/x")
    assert (found.status, found.headers["allow"]) == (405, "DELETE, GET, PUT")


@pytest.mark.timing
@pytest.mark.enable_socket
def test_a_store_that_fails_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWS_TABLE_NAME", "flows")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    forget_factories()
    with serving(answering("HTTP/1.1 500 Internal Server Error", b"{}")) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", server.url)

        found = call(lambda_handler, "GET", "/readyz")

    forget_factories()
    assert (found.status, found.json["detail"]) == (503, "not ready: store")
    assert len(server.requests) == 1


def test_a_store_that_says_nothing_is_waited_for_a_second() -> None:
    patience = vars(IMPATIENT)

    assert (patience["connect_timeout"], patience["read_timeout"]) == (1, 1)
