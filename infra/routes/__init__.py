"""The routes of the HTTP API, by the function that serves them: one module each, the only list."""

from infra.collection import collected
from infra.routes.health import DEFAULT_ROUTE as DEFAULT_ROUTE

ROUTES: dict[str, tuple[str, ...]] = collected(__name__, __path__, "ROUTES", tuple)
"""Route keys of API Gateway, `GET /api/v1/flows/{flow_id}`, by resource."""
