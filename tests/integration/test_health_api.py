"""Readiness, with a store behind it that answers, or doesn't."""

from botocore.exceptions import EndpointConnectionError

from tests.support.stack import MotoStack


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
