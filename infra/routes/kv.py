"""The routes of `kv`."""

ROUTES = (
    "GET /api/v1/kv/{namespace}",
    "GET /api/v1/kv/{namespace}/{key}",
    "PUT /api/v1/kv/{namespace}/{key}",
    "DELETE /api/v1/kv/{namespace}/{key}",
)
