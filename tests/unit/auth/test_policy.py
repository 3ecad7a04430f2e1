"""The role matrix has a row for each route there is, and for no other."""

import importlib

from infra.routes import DEFAULT_ROUTE, OPEN_ROUTES, REGISTER, ROUTES
from shared.auth.policy import POLICY


def test_each_route_of_the_gateway_has_a_row():
    routes = [key for keys in ROUTES.values() for key in keys if key != DEFAULT_ROUTE]

    assert sorted(POLICY) == sorted(routes)


def test_the_gateway_lets_in_without_a_token_where_the_matrix_says_so_and_nowhere_else():
    assert {route for route, access in POLICY.items() if access.least is None} == OPEN_ROUTES
    assert {route for route, access in POLICY.items() if access.bootstraps} == {REGISTER}


def test_each_route_of_a_handler_has_a_row():
    for function, keys in ROUTES.items():
        app = importlib.import_module(f"functions.{function}.handler").app
        served = [*app._static_routes, *app._dynamic_routes]

        assert {f"{each.method} {each.openapi_path}" for each in served} <= set(POLICY)
        assert {f"{each.method} {each.openapi_path}" for each in served} == set(keys) - {
            DEFAULT_ROUTE
        }
