"""The routes of `namespaces`."""

ROUTES = (
    "GET /api/v1/namespaces",
    "GET /api/v1/namespaces/{name}",
    "PUT /api/v1/namespaces/{name}",
    "DELETE /api/v1/namespaces/{name}",
)
