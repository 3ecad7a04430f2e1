"""The routes of `clients`."""

ROUTES = (
    "GET /api/v1/clients",
    "POST /api/v1/clients",
    "DELETE /api/v1/clients/{client_id}",
    "POST /api/v1/clients/{client_id}/rotate",
)
