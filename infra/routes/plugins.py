"""The routes of `plugins`."""

ROUTES = (
    "GET /api/v1/plugins",
    "GET /api/v1/plugins/categories",
    "GET /api/v1/plugins/{plugin_id}",
)
