"""The routes of `health`: whether the platform answers, what it is, and all that is no route."""

DEFAULT_ROUTE = "$default"

ROUTES = (
    "GET /healthz",
    "GET /readyz",
    "GET /openapi.json",
    "GET /docs",
    "GET /api/v1/info",
    DEFAULT_ROUTE,
)

OPEN = ("GET /healthz", "GET /readyz", "GET /openapi.json", "GET /docs")
