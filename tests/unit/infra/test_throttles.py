"""The rates of routes: which route has which."""

from infra.throttles import Rates


def test_logins_and_starts_have_rates_of_their_own_and_all_others_share_in_none():
    routes = [
        "POST /auth/login",
        "POST /auth/token",
        "GET /api/v1/me",
        "POST /api/v1/executions",
        "GET /api/v1/executions",
        "POST /api/v1/flows/{flow_id}/execute",
        "POST /api/v1/flows/{flow_id}/test",
        "$default",
    ]

    assert Rates(login=1, starts=2).of(routes) == {
        "POST /auth/login": 1,
        "POST /auth/token": 1,
        "POST /api/v1/executions": 2,
        "POST /api/v1/flows/{flow_id}/execute": 2,
    }
