"""The routes of `plugins`: under /plugins, and a page for each under /docs."""

ROUTES = (
    "GET /api/v1/plugins",
    "GET /api/v1/plugins/categories",
    "GET /api/v1/plugins/{plugin_id}",
    "GET /docs/plugins/{plugin_id}",
)

OPEN = ("GET /docs/plugins/{plugin_id}",)
