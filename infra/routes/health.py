"""The routes of `health`: whether the platform answers, its document, and all that is no route."""

DEFAULT_ROUTE = "$default"

ROUTES = (
    "GET /healthz",
    "GET /readyz",
    "GET /openapi.json",
    DEFAULT_ROUTE,
)
