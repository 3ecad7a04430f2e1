"""The routes of the HTTP API, by the function that serves them: one module each, the only list."""

from importlib import import_module

from infra.collection import collected
from infra.routes.health import DEFAULT_ROUTE as DEFAULT_ROUTE

ROUTES: dict[str, tuple[str, ...]] = collected(__name__, __path__, "ROUTES", tuple)
"""Route keys of API Gateway, `GET /api/v1/flows/{flow_id}`, by resource."""
OPEN_ROUTES: frozenset[str] = frozenset(
    route
    for resource in ROUTES
    for route in getattr(import_module(f"{__name__}.{resource}"), "OPEN", ())
)
"""The routes that take no token: a module names its own as `OPEN`, and all others are closed."""
REGISTER = "POST /auth/register"
"""The route that is open too where a stack lets its first user in by itself."""
